// The secret that this page pays with. It is only ever taken for the amount that
// the payer sees: if another is to be paid, that is shown first.

import { choice, chooseAnew } from './choose.js';
import { newSecret, standing } from './payments.js';

const form = document.getElementById('payment');
const { id } = form.dataset;
const TRIES = 3;

/** What the payer sees; nothing where nothing is paid. */
export function shown() {
  const { amount, currency } = form.dataset;
  return amount && { value: Number(amount), currencyCode: currency };
}

const isShown = (amount) => !shown()
  || (amount?.value === shown().value && amount.currencyCode === shown().currencyCode);

/** What the secret pays. The one that came with the page pays what is asked for. */
let bound = JSON.stringify(choice());

/** The secret for what the payer sees now, if there is one. */
export const secret = () => (bound === JSON.stringify(choice()) ? form.dataset.secret : '');

/** Shows what is to be paid now. Whether it is still to be paid here. */
async function showAnew() {
  const response = await fetch(window.location.href, { cache: 'no-store' });
  if (response.status >= 500) throw new Error('no page');
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const there = page.getElementById('payment');
  if (!there) return false;
  const unfolded = document.getElementById('order-details')?.open;
  document.querySelector('.summary').replaceWith(page.querySelector('.summary'));
  const lines = document.getElementById('order-details');
  if (lines && unfolded) lines.open = true;
  document.title = page.title;
  for (const name of ['amount', 'currency', 'secret', 'label']) form.dataset[name] = there.dataset[name];
  chooseAnew(page);
  bound = JSON.stringify(choice());
  return true;
}

/** Takes a new secret, after which the old one can do nothing: `open`; `changed`
    if another amount is to be paid, which is shown now; `over` if nothing is. */
export async function renew() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const chosen = choice();
    form.dataset.secret = await newSecret(id, shown(), chosen) ?? '';
    bound = JSON.stringify(chosen);
    if (secret()) return 'open';
    const { state, amount } = await standing(id);
    if (state !== 'payable') return 'over';
    if (!isShown(amount)) return await showAnew() ? 'changed' : 'over';
  }
  throw new Error('the payment changes all the time');
}
