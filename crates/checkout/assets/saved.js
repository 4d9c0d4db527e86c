// Saved cards: which one pays, which is preferred, and taking one out.

import { WORDS } from './words.js';

const $ = (id) => document.getElementById(id);
const list = $('saved-cards');

const rows = () => [...(list?.querySelectorAll('.saved-card') ?? [])];
const choices = () => [...(list?.querySelectorAll('input[name="pay-with"]') ?? [])];
const chosen = () => choices().find((input) => input.checked && !input.disabled);

/** The saved card that is to pay: its id; nothing for a card that is typed in. */
export const savedCard = () => chosen()?.value || undefined;

/** How many digits the chosen card's security code has. */
export const savedCodeLength = () => Number(chosen()?.dataset.cv2 ?? 3);

function follow() {
  const saved = Boolean(savedCard());
  $('saved-code').hidden = !saved;
  const typed = $('new-card');
  if (typed) typed.hidden = saved;
  $('saved-cv2').value = '';
  $('saved-cv2-hint').textContent = savedCodeLength() === 4 ? WORDS.codeFront : WORDS.codeBack;
}

const say = (text) => { $('saved-status').textContent = text; };

const asCustomer = (method, path) => fetch(path, {
  method, headers: { Authorization: `Basic ${list.dataset.secret}` },
});

function ask(row, sure) {
  const [deeds, question] = row.querySelectorAll('.deeds');
  deeds.hidden = sure;
  question.hidden = !sure;
  row.querySelector(sure ? '.keep' : '.remove').focus();
}

async function prefer(row, payment) {
  const answer = await asCustomer('POST', `/checkout/${payment}/saved-cards/${row.dataset.id}/prefer`);
  if (!answer.ok) return say(WORDS.notDone);
  for (const other of rows()) {
    other.querySelector('.preferred').hidden = other !== row;
    const button = other.querySelector('.prefer');
    if (button) button.hidden = other === row;
  }
  row.querySelector('.remove').focus();
  return say(WORDS.preferredNow);
}

async function remove(row) {
  const { customer } = list.dataset;
  const answer = await asCustomer('DELETE', `/customers/public/${customer}/payment-methods/${row.dataset.id}`);
  // One that is not there any more is removed as well.
  if (!answer.ok && answer.status !== 404) {
    ask(row, false);
    return say(WORDS.notRemoved);
  }
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  if (!chosen()) {
    const left = choices().find((input) => !input.disabled);
    if (left) left.checked = true;
  }
  if (!chosen()) return window.location.reload(); // Nothing is left to pay with.
  if (rows().length === 0 && $('other-card')) list.hidden = true;
  follow();
  say(WORDS.removed);
  const place = list.hidden ? $('card-number') : next?.querySelector('input:not(:disabled), .remove');
  return place?.focus();
}

/** Attends the list, if the page has one. */
export function attendSaved(payment) {
  if (!list) return;
  list.addEventListener('change', follow);
  list.addEventListener('click', async ({ target }) => {
    const button = target.closest('button');
    const row = button?.closest('.saved-card');
    if (!row) return;
    if (button.matches('.remove')) ask(row, true);
    if (button.matches('.keep')) ask(row, false);
    try {
      if (button.matches('.prefer')) await prefer(row, payment);
      if (button.matches('.really')) await remove(row);
    } catch {
      say(WORDS.lineOnceMore);
    }
  });
  follow();
}
