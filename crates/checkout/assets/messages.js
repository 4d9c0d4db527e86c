// What the payment page says, at its head and on its button.

import { WORDS, fill } from './words.js';

const $ = (id) => document.getElementById(id);
const form = $('payment');
const button = $('pay');
const LONG_MS = 6000;

let patience;

/** What the payer is told while they wait. */
export function say(text) {
  $('pay-status').textContent = text;
}

/** Makes the page wait, or ready again. */
export function busy(on) {
  // Not disabled: that would take the focus away from it.
  button.setAttribute('aria-disabled', String(on));
  button.setAttribute('aria-busy', String(on));
  $('pay-label').textContent = on ? WORDS.busy : form.dataset.label;
  say(on ? WORDS.doing : '');
  form.querySelectorAll('input, textarea').forEach((input) => { input.readOnly = on; });
  // What is chosen cannot be made to be read only.
  for (const part of [$('saved-cards'), $('choices'), $('wallet-way'), ...form.querySelectorAll('.country')]) if (part) part.inert = on;
  window.clearTimeout(patience);
  if (on) patience = window.setTimeout(() => say(WORDS.longWait), LONG_MS);
}

/** Waits for the line, with what comes of that. */
export function lineLost(text) {
  window.clearTimeout(patience);
  $('pay-label').textContent = WORDS.waitingLine;
  say(text);
}

function summarise(title, content) {
  const box = $('error-summary');
  const strong = document.createElement('strong');
  strong.textContent = title;
  const head = document.createElement('p');
  head.append(strong);
  box.replaceChildren(head, content);
  box.hidden = false;
  box.focus();
}

/** Tells something above the form. */
export function tell(title, text) {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  summarise(title, paragraph);
}

/** Lists fields above the form, and goes to the first. */
export function listFields(wrong) {
  const list = document.createElement('ul');
  for (const { input, sentence } of wrong) {
    const link = document.createElement('a');
    link.href = `#${input.id}`;
    link.textContent = sentence;
    link.addEventListener('click', (event) => {
      event.preventDefault();
      input.focus();
    });
    const item = document.createElement('li');
    item.append(link);
    list.append(item);
  }
  summarise(wrong.length === 1 ? WORDS.errorsOne : fill(WORDS.errorsMany, { count: wrong.length }), list);
  wrong[0].input.focus();
}

/** That another amount is to be paid than the payer saw. */
export function amountChanged(before = '') {
  const now = fill(WORDS.amountChangedText, { amount: $('amount').textContent.trim(), label: form.dataset.label });
  tell(WORDS.amountChanged, `${before} ${now}`.trim());
}

/** Takes back what was told. */
export function untold() {
  $('error-summary').hidden = true;
}
