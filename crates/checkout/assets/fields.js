// The fields of the payment form: how they are written, what is wrong with
// them, and how that is told. The sentences come with the page (data-…), the
// kinds are the documented ones.

import { savedCard, savedCodeLength } from './saved.js';
import { CHOICE_CHECKS } from './choose.js';
import { WORDS, fill } from './words.js';
import { grouped, isCardNumber, schemeOf } from './card.js';
import { catchUp, digitsOf, expiryOf, rewrite, typeExpiry } from './expiry.js';

const $ = (id) => document.getElementById(id);
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

/** Which input each field of a submission is. */
const INPUT_OF = {
  userEmailAddress: 'email', 'shippingDetails.name': 'shipping-name', 'billingAddress.countryCode': 'billing-country',
  'shippingDetails.address.countryCode': 'shipping-country', 'shippingDetails.deliveryNotes': 'delivery-notes',
};

/** The input of a field that is named, if it is on the page. */
function inputOf(field = '') {
  const [, prefix, part] = /^(billing|shipping)(?:Details\.a|A)ddress\.(\w+)$/.exec(field) ?? [];
  const same = prefix === 'shipping' && $('same-address')?.checked;
  return $(INPUT_OF[field] ?? `${same ? 'billing' : prefix}-${part}`);
}

/** Which field each error kind belongs to. */
const FIELD_OF = {
  cardNumber: 'card-number', cardName: 'card-name', expiryDate: 'expiry', cv2: 'cv2',
  userEmailAddress: 'email', mitConsent: 'consent', billingAddress: 'billing-country', shippingAddress: 'shipping-country',
};

const typedNumber = () => digitsOf($('card-number')?.value ?? '');

/** Whether the number of the card was typed, or filled in, here as well. What is
    in other fields is kept. */
function holdsCardNumber(input, value) {
  const number = typedNumber();
  const other = input.id !== 'card-number' && !savedCard() && isCardNumber(number);
  return other && digitsOf(value.normalize('NFKC')).includes(number);
}

/** What the page calls a field. */
function nameOf(input) {
  const label = input.labels[0];
  const optional = label.querySelector('.optional')?.innerText ?? '';
  return label.innerText.replace(optional, '').trim();
}

const misplaced = (input) => fill(WORDS.misplaced, { field: nameOf(input) });

const CHECKS = {
  ...CHOICE_CHECKS,
  'card-number': (value) => !isCardNumber(digitsOf(value)) && 'invalid',
  expiry(value, month) {
    const expiry = expiryOf(value);
    if (!expiry) return 'invalid';
    const [year, now] = month.split('-').map(Number);
    return (expiry.year < year || (expiry.year === year && expiry.month < now)) && 'past';
  },
  cv2: (value) => digitsOf(value).length !== schemeOf(typedNumber()).cv2 && 'invalid',
  'saved-cv2': (value) => digitsOf(value).length !== savedCodeLength() && 'invalid',
  'card-name': (value) => (!/\p{L}/u.test(value) || digitsOf(value).length >= 6) && 'invalid',
  email: (value) => !EMAIL.test(value) && 'invalid',
};

/** What is wrong with one field: a sentence, or nothing. */
function wrong(input, form) {
  if (input.type === 'checkbox') return input.checked ? '' : input.dataset.required ?? '';
  const value = input.value.trim();
  if (input.type === 'radio' || input.closest('fieldset')?.hidden || input.closest('.field')?.hidden) return '';
  if (holdsCardNumber(input, value)) return misplaced(input);
  if (value === '') return input.dataset.required ?? '';
  const kind = CHECKS[input.id]?.(value, form.dataset.month);
  return kind ? input.dataset[kind] : '';
}

/** The place of a field's message; made where a field seldom has one. */
function placeOf(input) {
  const id = `${input.id}-error`;
  const there = $(id);
  if (there) return there;
  const place = document.createElement('p');
  Object.assign(place, { id, className: 'error', hidden: true });
  input.after(place);
  input.setAttribute('aria-describedby', `${input.getAttribute('aria-describedby') ?? ''} ${id}`.trim());
  return place;
}

export function tell(input, sentence) {
  if (!sentence && !$(`${input.id}-error`)) return;
  const place = placeOf(input);
  input.toggleAttribute('aria-invalid', false);
  if (sentence) input.setAttribute('aria-invalid', 'true');
  place.textContent = sentence;
  place.hidden = !sentence;
}

/** Checks every field and tells each; the wrong ones with their sentences. */
export function check(form) {
  const inputs = [...form.querySelectorAll('input, select, textarea')];
  return inputs
    .map((input) => ({ input, sentence: wrong(input, input.form) }))
    .filter(({ input, sentence }) => {
      tell(input, sentence);
      return sentence;
    });
}

/** The server's errors on the fields they belong to. */
export function place(errors) {
  return errors.flatMap(({ errorType, message, field }) => {
    const name = Object.keys(FIELD_OF).find((n) => errorType.startsWith(n));
    const saved = name === 'cv2' && savedCard();
    const input = inputOf(field) ?? (name && $(saved ? 'saved-cv2' : FIELD_OF[name]));
    if (!input) return [];
    // Of a field that is named, the one thing that only the server finds is the number
    // of a saved card.
    const sentence = field && inputOf(field) ? misplaced(input) : message;
    tell(input, sentence);
    return [{ input, sentence }];
  });
}

function showScheme(number) {
  if (!number) return;
  const scheme = schemeOf(digitsOf(number.value));
  const badge = $('card-scheme');
  if (badge.textContent !== scheme.name) badge.textContent = scheme.name;
  $('cv2-hint').textContent = scheme.cv2 === 4 ? WORDS.codeFront : WORDS.codeBack;
}

let isPressed = false;
window.addEventListener('mousedown', () => { isPressed = true; }, true);
window.addEventListener('mouseup', () => { window.setTimeout(() => { isPressed = false; }); }, true);

/** Does it now, or once the mouse is released: a message that appears before would move the
    button away from under it, and nothing would be clicked. */
function onceReleased(act) {
  if (isPressed) window.addEventListener('mouseup', () => { window.setTimeout(act); }, { once: true, capture: true });
  else act();
}

/** Writes fields in their groups while they are typed, and tells what is wrong
    with a field once it is left. */
export function attend(form) {
  const number = $('card-number');
  number?.addEventListener('input', () => {
    rewrite(number, (text) => grouped(digitsOf(text)));
    showScheme(number);
  });
  $('expiry')?.addEventListener('input', typeExpiry);
  for (const code of [$('cv2'), $('saved-cv2')]) {
    code?.addEventListener('input', ({ target }) => rewrite(target, (text) => digitsOf(text).slice(0, 4)));
  }

  form.addEventListener('focusout', ({ target }) => {
    // A field that was only passed through is not wrong yet.
    if (target.value?.trim() && target.id) onceReleased(() => tell(target, wrong(target, form)));
  });
  form.addEventListener('input', ({ target }) => {
    if (target.hasAttribute('aria-invalid') && !wrong(target, form)) tell(target, '');
  });
  for (const select of form.querySelectorAll('.country')) {
    select.addEventListener('change', () => followCountry(select));
    followCountry(select); // Browsers put back what was chosen before a reload.
  }
  const same = $('same-address');
  const follow = () => { $('shipping-address').hidden = same.checked; };
  same?.addEventListener('change', follow);
  if (same) follow();
  catchUp([number, $('expiry'), $('cv2'), $('saved-cv2')]);
}

/** Asks for the parts that addresses of the chosen country have, by their names
    there. */
function followCountry(select) {
  const prefix = select.id.split('-')[0];
  const words = select.selectedOptions[0].dataset.parts.split(' ');
  for (let at = 0; at < words.length; at += 3) {
    const [name, need, called] = words.slice(at, at + 3);
    const input = $(`${prefix}-${name}`);
    const field = input.closest('.field');
    field.parentElement.append(field); // In the order of the country.
    field.hidden = need === 'absent';
    field.querySelector('.optional').hidden = need === 'required';
    for (const label of field.querySelectorAll('[data-label]')) {
      label.hidden = label.dataset.label !== called;
      if (!label.hidden && need === 'required') input.dataset.required = label.dataset.missing;
    }
    if (need !== 'required') delete input.dataset.required;
    input.setAttribute('aria-required', String(need === 'required'));
    tell(input, '');
  }
}

function address(prefix) {
  if (!$(`${prefix}-address`)) return undefined;
  const value = (name) => {
    const input = $(`${prefix}-${name}`);
    return input?.closest('.field').hidden ? '' : input?.value.trim();
  };
  return {
    address1: value('address1'), address2: value('address2'), address3: value('address3'), address4: value('address4'),
    city: value('city'), state: value('state'), postcode: value('postcode'), countryCode: value('country'),
  };
}

function shippingDetails(billingAddress) {
  const fieldset = $('shipping-address');
  if (!fieldset) return undefined;
  const same = $('same-address')?.checked;
  const name = $('shipping-name').value.trim();
  return {
    // Nobody was asked for a name where the goods go to the payer.
    name: same && !name ? $('card-name')?.value.trim() : name,
    deliveryNotes: $('delivery-notes')?.value.trim(),
    address: same ? billingAddress : address('shipping'),
  };
}

/** The body of a payment, as components send it. */
export function body() {
  const value = (id) => $(id)?.value.trim();
  const billingAddress = address('billing');
  const paymentMethodId = savedCard();
  const saves = Boolean($('save-card')?.checked);
  const card = paymentMethodId ? { paymentMethodId, cV2: value('saved-cv2') } : {
    cardNumber: digitsOf(value('card-number')),
    cardName: value('card-name'),
    expiryDate: value('expiry'),
    cV2: value('cv2'),
    savePaymentMethod: saves,
    mitConsentGiven: Boolean($('consent')?.checked),
  };
  return {
    ...card,
    userEmailAddress: value('email'),
    billingAddress,
    shippingDetails: shippingDetails(billingAddress),
  };
}
