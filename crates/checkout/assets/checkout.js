// The payment page, and that of a card that is only kept: from the button to the
// shop.

import { askInFrame, leaveForBank, wantsOwnPage } from './challenge.js';
import { attend, body, check, place } from './fields.js';
import { keepCustomer, reopen } from './link.js';
import { attendSaved } from './saved.js';
import { complete, newSecret, pay, standing } from './payments.js';

const $ = (id) => document.getElementById(id);
const form = $('payment');
const button = $('pay');
const { id, returnUrl } = form.dataset;
const label = $('pay-label').textContent;
const LONG_MS = 6000;
const WORDS = form.dataset.kind === 'setup' ? {
  busy: 'Saving…', doing: 'Your card is being checked.', ask: 'Your bank asks you to confirm that the card is yours.',
  failed: 'The card was not saved', left: 'You left your bank’s check before it was finished. You can try again.',
  broken: 'Something went wrong on our side. Please try again.', see: 'See whether the card was saved',
} : {
  busy: 'Paying…', doing: 'Your payment is being made.', ask: 'Your bank asks you to confirm this payment.',
  failed: 'The payment was not made', left: 'You left your bank’s check before it was finished. Nothing was taken from your card. You can try again.',
  broken: 'Something went wrong on our side. Nothing was taken from your card. Please try again.', see: 'See whether the payment was made',
};
let { secret } = form.dataset;
let paying = false;
let patience;

function busy(on) {
  paying = on;
  // Not disabled: that would take the focus away from it.
  button.setAttribute('aria-disabled', String(on));
  button.setAttribute('aria-busy', String(on));
  $('pay-label').textContent = on ? WORDS.busy : label;
  $('pay-status').textContent = on ? WORDS.doing : '';
  form.querySelectorAll('input, select').forEach((input) => { input.readOnly = on; });
  const saved = $('saved-cards');
  if (saved) saved.inert = on;
  window.clearTimeout(patience);
  if (on) {
    patience = window.setTimeout(() => {
      $('pay-status').textContent = 'This takes longer than usual. Please keep this page open.';
    }, LONG_MS);
  }
}

function paragraph(text) {
  const p = document.createElement('p');
  p.textContent = text;
  return p;
}

function summarise(title, content) {
  const box = $('error-summary');
  const strong = document.createElement('strong');
  strong.textContent = title;
  const head = document.createElement('p');
  head.append(strong);
  box.replaceChildren(head, content);
  box.hidden = false;
  return box;
}

function listFields(wrong) {
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
  summarise(wrong.length === 1 ? 'One thing needs your attention' : `${wrong.length} things need your attention`, list);
  wrong[0].input.focus();
}

/** Back to the form, for another try. */
async function again(title, text) {
  secret = await newSecret(id);
  if (!secret) {
    window.location.assign(`/checkout/${id}/result`);
    return;
  }
  busy(false);
  for (const code of [$('cv2'), $('saved-cv2')]) if (code) code.value = '';
  summarise(title, paragraph(text)).focus();
}

function done() {
  // An app's link may leave this page standing; the result page offers it again.
  const web = returnUrl && /^https?:/i.test(returnUrl);
  window.location.assign(web ? returnUrl : `/checkout/${id}/result`);
}

async function challenge(answer) {
  if (wantsOwnPage()) {
    keepCustomer(id);
    leaveForBank(answer, id);
    return;
  }
  $('pay-status').textContent = WORDS.ask;
  const proof = await askInFrame(answer);
  if (proof === undefined) {
    await again(WORDS.failed, WORDS.left);
    return;
  }
  $('pay-status').textContent = WORDS.doing;
  await follow(await complete(secret, answer.md, proof));
}

async function follow(answer) {
  switch (answer.statusCode) {
    case 0:
      return done();
    case 3:
      return challenge(answer);
    case 40:
      return window.location.assign(`/checkout/${id}`);
    case 400: {
      const wrong = place(answer.errors ?? []);
      if (wrong.length === 0) return again(WORDS.failed, answer.message);
      busy(false);
      return listFields(wrong);
    }
    case 4: case 5: case 30: case 90:
      return again(WORDS.failed, answer.message);
    default:
      return lookAgain();
  }
}

/** After an answer that does not tell: how the payment stands decides. */
async function lookAgain() {
  const state = await standing(id);
  if (state !== 'payable') return window.location.assign(`/checkout/${id}/result`);
  return again(WORDS.failed, WORDS.broken);
}

async function submit() {
  let answer = await pay(secret, body());
  if (answer.statusCode === 401) {
    // A page that was open for long: its session is over, nothing was tried.
    secret = await newSecret(id);
    if (!secret) return window.location.assign(`/checkout/${id}/result`);
    answer = await pay(secret, body());
  }
  return follow(answer);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (paying) return;
  $('error-summary').hidden = true;
  const wrong = check(form);
  if (wrong.length > 0) {
    listFields(wrong);
    return;
  }
  busy(true);
  try {
    await submit();
  } catch {
    // The line broke: whether the payment was made is not known here.
    await lookAgain().catch(() => {
      busy(false);
      button.disabled = true;
      const link = document.createElement('a');
      link.href = `/checkout/${id}/result`;
      link.textContent = WORDS.see;
      summarise('The connection was lost', link).focus();
    });
  }
});

// A page brought back from history would hold a secret that was used.
window.addEventListener('pageshow', ({ persisted }) => { if (persisted) window.location.reload(); });

if (!reopen(id)) {
  attend(form);
  attendSaved(id);
  button.disabled = false;
}
