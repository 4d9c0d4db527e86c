// The wallet's button of a component, in a frame of the shop's page.

import { fit, meet } from './frame.js';
import { settle } from './paying.js';
import { offer, openSheet, payWith, tokenOf } from './wallet-sheet.js';

const $ = (id) => document.getElementById(id);
const LABELS = { plain: 'Pay', book: 'Book', buy: 'Buy', checkout: 'Check out', donate: 'Donate', order: 'Order' };
const BANK_HEIGHT = 760;
const SHEET_EDGE = 20;
const button = $('wallet');

let challenged = false;

/** So high that what is open over the button is seen whole. */
function atLeast() {
  const form = document.querySelector('dialog.sheet form');
  if (form) return form.lastElementChild.getBoundingClientRect().bottom + form.scrollTop + SHEET_EDGE;
  return challenged ? BANK_HEIGHT : 0;
}

const { config, send } = await meet({});
const measure = fit(send, atLeast);
const { token: secret, buttonConfig = {} } = config;
const wants = { email: config.emailRequired === true, billing: config.billingAddressRequired === true, shipping: config.shippingAddressRequired === true };

const page = {
  say: (text) => { $('status').textContent = text; },
  onChallenge(on) {
    challenged = on;
    measure();
    if (on) send('attend');
  },
};

async function confirmed(sheet) {
  const open = openSheet(sheet, wants);
  const form = document.querySelector('dialog.sheet form');
  new ResizeObserver(measure).observe(form);
  form.addEventListener('submit', measure);
  measure();
  send('attend');
  const chosen = await open;
  measure();
  return chosen;
}

/** The outcome of a payment with what the sheet gave, whichever it is. */
async function pay(chosen) {
  const { refusal, ...payment } = await tokenOf(secret, chosen);
  if (refusal) return { statusCode: refusal.statusCode, message: refusal.message };
  const told = await settle(secret, () => payWith(secret, payment), page).catch((refused) => refused);
  if (told.errors?.length) send('errors', told.errors.map(({ errorType, message }) => ({ errorType, message })));
  const { statusCode, authCode, message } = told;
  return { statusCode, authCode, message };
}

async function initiate(sheet) {
  button.disabled = true;
  send('initiated');
  const chosen = await confirmed(sheet);
  if (!chosen) {
    button.disabled = false;
    button.focus();
    send('cancelled');
    return;
  }
  const result = await pay(chosen);
  // A token that is wrong in itself uses nothing up.
  button.disabled = result.statusCode !== 400;
  send('paid', result);
}

function show(sheet) {
  const colour = buttonConfig.colour ?? buttonConfig.color;
  const verb = LABELS[buttonConfig.type] ?? LABELS.plain;
  button.textContent = `${verb} with wallet`;
  button.classList.toggle('white', colour === 'white');
  button.hidden = false;
  button.addEventListener('click', () => initiate(sheet));
}

const sheet = await offer(secret).catch(() => ({ message: 'Wallets cannot be reached at the moment.' }));
if (sheet.cards) show(sheet);
else send('errors', [{ errorType: 'walletUnavailable', message: config.errorMessages?.walletUnavailable ?? sheet.message }]);
measure();
document.body.classList.add('ready');
send('loaded');
