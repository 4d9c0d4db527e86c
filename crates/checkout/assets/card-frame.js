// The card fields of a component, in a frame of the shop's page.

import { grouped, isCardNumber, schemeOf } from './card.js';
import { catchUp, digitsOf, expiryOf, rewrite, typeExpiry } from './expiry.js';
import { loadFonts } from './fonts.js';
import { fit, meet } from './frame.js';
import { pay, prepare } from './payments.js';
import { settle } from './paying.js';

const $ = (id) => document.getElementById(id);
const form = $('card');
const MESSAGES = JSON.parse(form.dataset.messages);
const TOO_MANY_DIGITS = 6;
const BANK_HEIGHT = 760;
const INFO = ['userEmailAddress', 'userPhoneNumber', 'billingAddress', 'shippingDetails', 'metaData', 'savePaymentMethod', 'mitConsentGiven'];
/** The names of the fields in styles, texts and callbacks; the inputs. */
const FIELDS = { cardNumber: $('card-number'), expiryDate: $('expiry'), cv2: $('cv2'), cardName: $('card-name') };
const NAMES = Object.keys(FIELDS);

const CHECKS = {
  cardNumber: (value) => !isCardNumber(digitsOf(value)) && 'Invalid',
  expiryDate(value) {
    const expiry = expiryOf(value);
    if (!expiry) return 'Invalid';
    const now = new Date();
    const months = (expiry.year - now.getUTCFullYear()) * 12 + expiry.month - now.getUTCMonth() - 1;
    return months < 0 && 'MustBeInFuture';
  },
  cv2: (value) => digitsOf(value).length !== schemeOf(digitsOf(FIELDS.cardNumber.value)).cv2 && 'Invalid',
  cardName: (value) => (!/\p{L}/u.test(value) || /[<>]/.test(value) || digitsOf(value).length >= TOO_MANY_DIGITS) && 'Invalid',
};

let shop;
let challenged = false;
let valid = new Set();
/** The kind of error that is told of each field. */
const told = new Map();

/** What is wrong with a field: the kind of error, or nothing. */
function errorOf(name) {
  const value = FIELDS[name].value.trim();
  const what = value === '' ? 'Required' : CHECKS[name](value);
  return what ? `${name}${what}` : '';
}

const isComplete = () => NAMES.every((name) => !errorOf(name));
const messageOf = (kind) => shop.config.errorMessages?.[kind] || MESSAGES[kind];

// What the shop wants it to look like.

/** Puts styles on, later ones over earlier ones. They load nothing. */
function dress(element, ...styles) {
  element.style.cssText = '';
  for (const [name, value] of styles.flatMap((style) => Object.entries(style ?? {}))) {
    const isProperty = name !== 'cssText' && typeof element.style[name] === 'string';
    if (isProperty && !/url\(|image-set\(/i.test(String(value))) element.style[name] = value;
  }
}

function dressField(name) {
  const input = FIELDS[name];
  const { base, [name]: own } = shop.config.styles ?? {};
  const of = (state) => [base?.[state], own?.[state]];
  const state = told.has(name) ? 'error' : valid.has(name) && 'valid';
  const focused = input === document.activeElement;
  dress(
    input, ...of('default'), ...(state ? of(state) : []), ...(focused ? of('focus') : []),
    ...(focused && state ? of(`${state}Focus`) : []),
  );
}

function dressAll() {
  const { styles = {} } = shop.config;
  dress(form, styles.form);
  dress($('card-scheme'), styles.cardIcon);
  for (const name of NAMES) {
    const field = FIELDS[name].closest('.field');
    const of = (part) => [styles.base?.[part], styles[name]?.[part]];
    dress(field, ...of('container'));
    dress(field.querySelector('label'), ...of('label'));
    dress(field.querySelector('.error'), ...of('validationText'));
    dress(field.querySelector('.icon'), ...of('validationIcon'));
    dressField(name);
  }
}

function write() {
  for (const name of NAMES) {
    const { label, placeholder, showValidation } = shop.config.text?.[name] ?? {};
    const field = FIELDS[name].closest('.field');
    if (label) field.querySelector('label').textContent = label;
    if (placeholder) FIELDS[name].placeholder = placeholder;
    field.classList.toggle('shows', showValidation === true);
  }
}

// What is right and wrong.

let reported = '[]';

/** Tells the shop what is wrong, if that has changed. */
function report(extra = [], always = false) {
  const errors = [...NAMES.filter((name) => told.has(name)).map((name) => told.get(name)), ...extra];
  const now = JSON.stringify(errors);
  if (now !== reported || always) shop.send('errors', errors);
  reported = now;
}

function mark(name, error) {
  const input = FIELDS[name];
  if (error) told.set(name, error);
  else told.delete(name);
  input.toggleAttribute('aria-invalid', false);
  if (error) input.setAttribute('aria-invalid', 'true');
  $(`${input.id}-error`).querySelector('.words').textContent = error?.message ?? '';
  $(`${input.id}-error`).hidden = !error;
  dressField(name);
}

function check(name) {
  const errorType = errorOf(name);
  mark(name, errorType && { errorType, message: messageOf(errorType) });
}

/** Follows what is typed: an error goes once it is mended, and what has become right
    is told. */
function follow() {
  const before = valid;
  valid = new Set(NAMES.filter((name) => !errorOf(name)));
  for (const name of NAMES) {
    if (told.has(name) && valid.has(name)) mark(name);
    else dressField(name);
    if (valid.has(name) && !before.has(name)) shop.send('fieldValid', name);
  }
  report();
  if (valid.size === NAMES.length && before.size < NAMES.length) shop.send('complete');
}

function showScheme() {
  const { name, cv2 } = schemeOf(digitsOf(FIELDS.cardNumber.value));
  const badge = $('card-scheme');
  if (badge.textContent !== name) badge.textContent = name;
  FIELDS.cv2.maxLength = cv2;
}

const nameOf = (input) => NAMES.find((name) => FIELDS[name] === input);

function attend() {
  FIELDS.cardNumber.addEventListener('input', () => {
    rewrite(FIELDS.cardNumber, (text) => grouped(digitsOf(text)));
    showScheme();
  });
  FIELDS.expiryDate.addEventListener('input', typeExpiry);
  FIELDS.cv2.addEventListener('input', () => rewrite(FIELDS.cv2, (text) => digitsOf(text).slice(0, 4)));
  form.addEventListener('input', follow);
  form.addEventListener('focusin', ({ target }) => dressField(nameOf(target)));
  form.addEventListener('focusout', ({ target }) => {
    const name = nameOf(target);
    if (!target.readOnly) check(name);
    dressField(name);
    report();
    shop.send('blur', isComplete());
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    shop.send('submit');
  });
}

// Paying.

const page = {
  say: (text) => { $('status').textContent = text; },
  onChallenge(on) {
    challenged = on;
    form.inert = on;
    shop.measure();
    if (on) shop.send('attend');
  },
};

function submission(info) {
  const known = INFO.filter((name) => info?.[name] !== undefined && info[name] !== null);
  return {
    ...Object.fromEntries(known.map((name) => [name, info[name]])),
    cardNumber: digitsOf(FIELDS.cardNumber.value),
    cardName: FIELDS.cardName.value.trim(),
    expiryDate: FIELDS.expiryDate.value.trim(),
    cV2: FIELDS.cv2.value.trim(),
  };
}

function busy(on) {
  form.setAttribute('aria-busy', String(on));
  for (const input of Object.values(FIELDS)) input.readOnly = on;
}

function refuse(errors) {
  const byName = errors.map((error) => [NAMES.find((name) => error.errorType.startsWith(name)), error]);
  for (const [name, error] of byName) if (name) mark(name, { errorType: error.errorType, message: messageOf(error.errorType) ?? error.message });
  const others = byName.filter(([name]) => !name).map(([, { errorType, message }]) => ({ errorType, message }));
  report(others, true);
  const first = NAMES.find((name) => told.has(name));
  if (!first) return;
  shop.send('attend');
  FIELDS[first].focus();
}

async function execute(info) {
  const { token } = shop.config;
  if (!token) throw { statusCode: 404, message: 'No access token was supplied: config.paymentDetails.paymentToken is missing.' };
  const wrong = NAMES.map(errorOf).filter(Boolean).map((errorType) => ({ errorType, message: messageOf(errorType) }));
  if (wrong.length > 0) {
    refuse(wrong);
    throw { statusCode: 400, message: 'Some of the card details are missing or wrong.' };
  }
  report([], true);
  busy(true);
  try {
    const body = submission(info);
    return await settle(token, () => pay(token, body), page);
  } catch ({ statusCode, message, errors }) {
    if (errors?.length) refuse(errors);
    throw { statusCode, message };
  } finally {
    busy(false);
  }
}

const { config, send } = await meet({ execute });
const measure = fit(send, () => (challenged ? BANK_HEIGHT : 0));
shop = { config, send, measure };
prepare(config.token);
await loadFonts(JSON.parse(form.dataset.fonts));
write();
dressAll();
attend();
showScheme();
catchUp(Object.values(FIELDS));
measure();
document.body.classList.add('ready');
send('loaded');
