// The card fields of the virtual terminal, written in their groups while they are typed.
// The form works without this.

import { grouped, schemeOf } from './card.js';
import { catchUp, digitsOf, rewrite, typeExpiry } from './expiry.js';

const $ = (id) => document.getElementById(id);
const [number, expiry, code, scheme] = ['card-number', 'card-expiry', 'card-code', 'card-scheme'].map($);

number.addEventListener('input', () => {
  rewrite(number, (text) => grouped(digitsOf(text)));
  scheme.textContent = schemeOf(digitsOf(number.value)).name;
});
expiry.addEventListener('input', typeExpiry);
code.addEventListener('input', () => rewrite(code, (text) => digitsOf(text).slice(0, 4)));
catchUp([number, expiry, code]);

number.form.addEventListener('submit', ({ submitter }) => {
  submitter.disabled = true;
  submitter.textContent = 'Asking the bank…';
});
// A page that the browser brings back has nothing of a card.
window.addEventListener('pageshow', ({ persisted }) => { if (persisted) window.location.reload(); });
