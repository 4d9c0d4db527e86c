// The strip for testers: fills in a test card, as if it had been typed.

import { WORDS } from './words.js';

const $ = (id) => document.getElementById(id);
const YEARS = 4;

function type(id, text) {
  const input = $(id);
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Attends the strip, if the page has one. */
export function attendTesters() {
  document.querySelector('.testers')?.addEventListener('click', ({ target }) => {
    const { number, cv2 } = target.closest('.chip')?.dataset ?? {};
    if (!number || $('pay').getAttribute('aria-busy') === 'true') return;
    $('other-card')?.click();
    const year = Number($('payment').dataset.month.slice(0, 4)) + YEARS;
    type('card-number', number);
    type('expiry', `12${String(year).slice(2)}`);
    type('cv2', cv2);
    type('card-name', 'Test Payer');
    $('testers-status').textContent = WORDS.testerFilled;
    $('pay').focus();
  });
}
