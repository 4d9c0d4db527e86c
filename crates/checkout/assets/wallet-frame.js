// The wallet's button of a component, in a frame of the shop's page.

import { fit, meet } from './frame.js';
import { settle } from './paying.js';
import { prepare } from './payments.js';
import { WORDS, offer, payWith } from './wallet.js';

const $ = (id) => document.getElementById(id);
const TYPES = ['plain', 'book', 'buy', 'checkout', 'donate', 'order'];
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
prepare(secret);
const wants = { email: config.emailRequired === true, billing: config.billingAddressRequired === true, shipping: config.shippingAddressRequired === true };

const page = {
  say: (text) => { $('status').textContent = text; },
  onChallenge(on) {
    challenged = on;
    measure();
    if (on) send('attend');
  },
};

/** What the wallet gives; nothing if the payer cancels. A simulated sheet is in the page. */
async function asked(wallet) {
  const answer = wallet.ask(wants);
  const form = document.querySelector('dialog.sheet form');
  if (form) {
    new ResizeObserver(measure).observe(form);
    form.addEventListener('submit', measure);
    measure();
    send('attend');
  }
  try {
    return await answer;
  } finally {
    measure();
  }
}

/** The outcome of a payment with what the wallet gave, whichever it is. */
async function pay(given) {
  const told = await settle(secret, () => payWith(secret, given), page).catch((refused) => refused);
  if (told.errors?.length) send('errors', told.errors.map(({ errorType, message }) => ({ errorType, message })));
  const { statusCode, authCode, message } = told;
  return { statusCode, authCode, message };
}

const BROKEN = { statusCode: 400, message: WORDS.broken };

async function initiate(wallet) {
  button.disabled = true;
  send('initiated');
  const given = await asked(wallet).catch(({ statusCode, message }) => ({ refused: statusCode ? { statusCode, message } : BROKEN }));
  if (!given) {
    button.disabled = false;
    button.focus();
    send('cancelled');
    return;
  }
  const result = given.refused ?? await pay(given);
  // A token that is wrong in itself uses nothing up.
  button.disabled = result.statusCode !== 400;
  send('paid', result);
}

function show(wallet) {
  const colour = buttonConfig.colour ?? buttonConfig.color;
  button.textContent = WORDS[TYPES.includes(buttonConfig.type) ? buttonConfig.type : 'plain'];
  button.classList.toggle('white', colour === 'white');
  button.hidden = false;
  button.addEventListener('click', () => initiate(wallet));
}

const { wallet, message } = await offer(secret).catch(() => ({ message: WORDS.unreachable }));
if (wallet) show(wallet);
else send('errors', [{ errorType: 'walletUnavailable', message: config.errorMessages?.walletUnavailable ?? message }]);
measure();
document.body.classList.add('ready');
send('loaded');
