// What the payer chooses to pay: an amount of their own, a tip. The sum is on the
// button, and the secret that pays it is bound to it.

import { percentOf, typedAmount, written } from './amounts.js';
import { WORDS, fill } from './words.js';

const $ = (id) => document.getElementById(id);
const form = $('payment');

const box = () => $('choices');
const own = (name) => Number(box().dataset[name]);
const money = (minor) => written(minor, box().dataset.sign, WORDS.money);
const chosenTip = () => box().querySelector('input[name="tip"]:checked')?.value ?? 'own';

function amount() {
  const input = $('custom-amount');
  return input ? typedAmount(input.value, WORDS.money) : own('amount');
}

function tips(of) {
  const tip = chosenTip();
  if (tip === 'own') return own('tips');
  if (tip === 'none') return 0;
  return tip === 'other' ? typedAmount($('own-tip').value, WORDS.money) : percentOf(of, Number(tip));
}

/** What is to be paid, in minor units; nothing where nothing can be chosen. A part
    that is not an amount (yet) counts as what was asked for. */
export function choice() {
  if (!box()) return undefined;
  const chosen = amount() || own('amount');
  const tip = tips(chosen) ?? own('tips');
  return { amount: chosen, tips: tip, total: chosen + tip + own('rest') };
}

/** What is wrong with one of these fields: its kind, or nothing. */
export const CHOICE_CHECKS = {
  'custom-amount': (value) => !typedAmount(value, WORDS.money) && 'invalid',
  'own-tip': (value) => typedAmount(value, WORDS.money) === undefined && 'invalid',
};

function show() {
  const { amount: of, total } = choice();
  for (const tip of box().querySelectorAll('input[name="tip"]')) {
    const percent = Number(tip.value);
    if (!percent) continue;
    const label = { percent: fill(WORDS.money.percent, { number: percent }), amount: money(percentOf(of, percent)) };
    tip.nextElementSibling.textContent = fill(WORDS.tipPercent, label);
  }
  const other = $('own-tip')?.closest('.field');
  if (other) other.hidden = chosenTip() !== 'other';
  const sum = money(total);
  form.dataset.label = fill(WORDS.button, { amount: sum });
  $('pay-label').textContent = form.dataset.label;
  for (const place of [$('amount'), $('total')]) if (place) place.textContent = sum;
}

/** Keeps the sum on the button. */
export function attendChoices() {
  if (!box()) return;
  box().addEventListener('input', show);
  box().addEventListener('change', ({ target }) => {
    show();
    if (target.value === 'other') $('own-tip').focus();
  });
  show(); // Browsers put back what was typed before a reload.
}

/** Begins anew with what is asked for now, as another page of this payment has it. */
export function chooseAnew(page) {
  const there = page.getElementById('choices');
  if (!box() || !there) return;
  box().replaceWith(there);
  attendChoices();
}
