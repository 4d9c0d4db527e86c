// The strip for testers: fills in a test card, as if it had been typed.

import { WORDS } from './words.js';

const $ = (id) => document.getElementById(id);
const YEARS = 4;
const CV2 = '123';
const NUMBERS = {
  approved: '4456530000001005', declined: '4456530000001013', 'insufficient-funds': '4456530000002003', 'three-d-secure': '4456530000001096',
};

function type(id, text) {
  const input = $(id);
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Attends the strip, if the page has one. */
export function attendTesters() {
  document.querySelector('.testers')?.addEventListener('click', ({ target }) => {
    const number = NUMBERS[target.closest('.chip')?.dataset.card];
    if (!number || $('pay').getAttribute('aria-busy') === 'true') return;
    $('other-card')?.click();
    const year = Number($('payment').dataset.month.slice(0, 4)) + YEARS;
    type('card-number', number);
    type('expiry', `12${String(year).slice(2)}`);
    type('cv2', CV2);
    type('card-name', 'Test Payer');
    $('testers-status').textContent = WORDS.testerFilled;
    $('pay').focus();
  });
}
