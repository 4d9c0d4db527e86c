// The simulated sheet of a wallet, for sandboxes: the payer chooses a test card and, as
// the shop asks, tells an e-mail address and addresses. What it hands over is a token
// like a real one, and it is paid with like one.

import { inLanguage } from './payments.js';
import { fill } from './words.js';

const COUNTRIES = 'AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'.split(' ');
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;
/** The parts of an address, and what browsers fill in. */
const ADDRESS = {
  name: 'name', address1: 'address-line1', locality: 'address-level2', postalCode: 'postal-code', countryCode: 'country',
};
let words;

const post = (body) => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const json = async (response) => ({ statusCode: response.status, ...await response.json().catch(() => ({})) });

/** The wallet of this browser. */
const walletType = () => ('ApplePaySession' in window ? 'APPLE_PAY' : 'GOOGLE_PAY');

/** The wallet of a sandbox, in these words; or why there is none. */
export async function simulated(secret, inWords) {
  words = inWords;
  const response = await fetch(inLanguage(`/wallet-sheet/${encodeURIComponent(secret)}`), { cache: 'no-store' });
  const answer = await json(response);
  if (!response.ok) return { message: answer.message ?? words.unreachable };
  async function ask(wants) {
    const chosen = await openSheet(answer, wants);
    return chosen && tokenOf(secret, chosen);
  }
  return { wallet: { ask } };
}

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function countries() {
  const names = new Intl.DisplayNames([document.documentElement.lang || 'en', 'en'], { type: 'region' });
  const options = COUNTRIES.map((code) => [names.of(code), code]).sort(([a], [b]) => a.localeCompare(b));
  const home = new Intl.Locale(navigator.language).region ?? 'GB';
  return options.map(([name, code]) => make('option', { value: code, textContent: name, selected: code === home }));
}

function field(name, label, autocomplete, isSelect) {
  // The page around the sheet may have a field of that name.
  const id = `wallet-${name}`;
  const input = isSelect ? make('select', { id }, ...countries()) : make('input', { id, type: name === 'email' ? 'email' : 'text', maxLength: 100 });
  input.dataset.testid = id;
  input.setAttribute('autocomplete', autocomplete);
  input.setAttribute('aria-required', 'true');
  input.setAttribute('aria-describedby', `${id}-error`);
  const error = make('p', { id: `${id}-error`, className: 'error', hidden: true });
  return make('div', { className: 'field shows' }, make('label', { htmlFor: id, textContent: label }), input, error);
}

const addressFields = (prefix, legend) => make(
  'fieldset', {}, make('legend', { textContent: legend }),
  ...Object.entries(ADDRESS).map(([name, autocomplete]) => field(`${prefix}-${name}`, words[name], `${prefix} ${autocomplete}`, name === 'countryCode')),
);

function cardChoices(cards) {
  const choices = cards.map((name, at) => make(
    'label', { className: 'pick' }, make('input', { type: 'radio', name: 'wallet-card', value: String(at), checked: at === 0 }), make('span', { textContent: name }),
  ));
  return make('fieldset', {}, make('legend', { textContent: words.card }), ...choices);
}

/** What is wrong with a field: a sentence, or nothing. */
function wrong({ id, value, labels }) {
  if (value.trim() === '') return fill(words.missing, { field: labels[0].textContent });
  return id === 'wallet-email' && !EMAIL.test(value.trim()) ? words.emailInvalid : '';
}

/** Checks the fields of the sheet, and goes to the first that is wrong. */
function check(sheet) {
  const faulty = [...sheet.querySelectorAll('.field input, .field select')].filter((input) => {
    const sentence = wrong(input);
    const place = sheet.querySelector(`#${input.id}-error`);
    place.textContent = sentence;
    place.hidden = !sentence;
    input.setAttribute('aria-invalid', String(Boolean(sentence)));
    return sentence;
  });
  faulty[0]?.focus();
  return faulty.length === 0;
}

function chosen(sheet) {
  const value = (name) => sheet.querySelector(`#wallet-${name}`)?.value.trim();
  const contact = (prefix) => (value(`${prefix}-name`) === undefined
    ? undefined : Object.fromEntries(Object.keys(ADDRESS).map((name) => [name, value(`${prefix}-${name}`)])));
  return {
    card: Number(sheet.querySelector('[name="wallet-card"]:checked').value),
    email: value('email'), billingContact: contact('billing'), shippingContact: contact('shipping'),
  };
}

/** Opens the sheet over the page. What the payer confirms; nothing if they cancel. */
function openSheet({ merchant, amount, cards }, { email, billing, shipping }) {
  const title = make('h2', { id: 'sheet-title', textContent: fill(words.pay, { amount }) });
  const form = make(
    'form', { noValidate: true },
    make('p', { textContent: fill(words.note, { merchant }) }),
    cardChoices(cards),
    ...(email ? [field('email', words.email, 'email')] : []),
    ...(billing ? [addressFields('billing', words.billing)] : []),
    ...(shipping ? [addressFields('shipping', words.shipping)] : []),
    make(
      'div', { className: 'answers' }, make('button', { type: 'submit', className: 'primary', textContent: words.confirm }),
      make('button', { type: 'button', className: 'secondary', textContent: words.cancel }),
    ),
  );
  const tag = make('span', { className: 'tag', textContent: 'Sandbox' });
  const sheet = make('dialog', { className: 'sheet' }, make('header', {}, title, tag), form);
  sheet.setAttribute('aria-labelledby', 'sheet-title');
  document.body.append(sheet);
  return new Promise((resolve) => {
    const finish = (result) => {
      sheet.close();
      sheet.remove();
      resolve(result);
    };
    sheet.addEventListener('cancel', (event) => {
      event.preventDefault();
      finish(undefined);
    });
    form.querySelector('.secondary').addEventListener('click', () => finish(undefined));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (check(sheet)) finish(chosen(sheet));
    });
    sheet.showModal();
    // Not a field: the key that opened the sheet would confirm it.
    sheet.tabIndex = -1;
    sheet.focus();
  });
}

/** Has a token made of what was chosen. */
async function tokenOf(secret, { card, ...told }) {
  const wallet = walletType();
  const path = `/wallet-sheet/${encodeURIComponent(secret)}/token`;
  const { token, ...refusal } = await json(await fetch(path, post({ card, wallet })));
  if (!token) throw refusal;
  return { wallet, body: { ...told, token }, complete() {} };
}
