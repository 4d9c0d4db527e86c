// The wallet's button of the payment page.

import { secret } from './session.js';
import { WORDS, offer, payWith } from './wallet.js';

export { payWith };

const $ = (id) => document.getElementById(id);
const button = $('wallet');
let prepared;

/** Which wallet can pay, for the secret that the page pays with now. */
async function prepare() {
  if (prepared?.secret !== secret()) prepared = { secret: secret(), ...await offer(secret()) };
  return prepared;
}

function show({ wallet, message }) {
  button.hidden = !wallet;
  const or = document.querySelector('#wallet-way .or');
  if (or) or.hidden = !wallet;
  $('wallet-missing').hidden = Boolean(wallet);
  $('wallet-missing').textContent = wallet ? '' : message;
}

/** What the wallet gives; nothing if the payer cancels, or if there is none after all. It
    is asked at once where it was prepared: browsers want that of what a click does. */
export async function askWallet() {
  const { email, billing, shipping } = button.dataset;
  const wants = { email: email !== undefined, billing: billing !== undefined, shipping: shipping !== undefined };
  const ready = prepared?.wallet && prepared.secret === secret() ? prepared : await prepare();
  if (!ready.wallet) {
    show(ready);
    return undefined;
  }
  return ready.wallet.ask(wants);
}

/** Attends the button. */
export async function attendWallet(pay) {
  button.addEventListener('click', pay);
  // Without a secret it is asked for once the payer wants to pay.
  if (!secret()) button.hidden = false;
  else show(await prepare().catch(() => ({ message: WORDS.unreachable })));
}
