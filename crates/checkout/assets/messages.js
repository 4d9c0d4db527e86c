// What the payment page says, at its head and on its button.

const $ = (id) => document.getElementById(id);
const form = $('payment');
const button = $('pay');
const LONG_MS = 6000;

const PAYMENT = {
  busy: 'Paying…', doing: 'Your payment is being made.', ask: 'Your bank asks you to confirm this payment.',
  failed: 'The payment was not made', left: 'You left your bank’s check before it was finished. Nothing was taken from your card. You can try again.',
  broken: 'Something went wrong on our side. Nothing was taken from your card. Please try again.',
  lost: 'The connection was lost. When it is back, this page will find out whether the payment was made. Please keep the page open.',
  nothing: 'It is back now, and nothing was taken from your card. Please try again.',
  overtaken: 'The payment was continued in another window or tab. Nothing was taken from your card here. You can finish it there, or try again here.',
  unheard: 'Your bank did not approve it, or it was stopped. Nothing was taken from your card. You can try again, or use another card.',
};
const SETUP = {
  ...PAYMENT,
  busy: 'Saving…', doing: 'Your card is being checked.', ask: 'Your bank asks you to confirm that the card is yours.',
  failed: 'The card was not saved', left: 'You left your bank’s check before it was finished. You can try again.',
  broken: 'Something went wrong on our side. Please try again.',
  lost: 'The connection was lost. When it is back, this page will find out whether the card was saved. Please keep the page open.',
  nothing: 'It is back now, and the card was not saved. Please try again.',
  overtaken: 'This was continued in another window or tab. You can finish it there, or try again here.',
  unheard: 'Your bank did not confirm it, or the check was stopped. You can try again, or use another card.',
};
export const WORDS = form.dataset.kind === 'setup' ? SETUP : PAYMENT;

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
  form.querySelectorAll('input, select').forEach((input) => { input.readOnly = on; });
  const saved = $('saved-cards');
  if (saved) saved.inert = on;
  window.clearTimeout(patience);
  if (on) patience = window.setTimeout(() => say('This takes longer than usual. Please keep this page open.'), LONG_MS);
}

/** Waits for the line. */
export function lineLost() {
  window.clearTimeout(patience);
  $('pay-label').textContent = 'Waiting for the connection…';
  say(WORDS.lost);
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
  summarise(wrong.length === 1 ? 'One thing needs your attention' : `${wrong.length} things need your attention`, list);
  wrong[0].input.focus();
}

/** That another amount is to be paid than the payer saw. */
export function amountChanged(before = '') {
  const now = `The amount is now ${$('amount').textContent.trim()}. Nothing was taken from your card. To pay it, press “${form.dataset.label}”.`;
  tell('The amount has changed', `${before} ${now}`.trim());
}

/** Takes back what was told. */
export function untold() {
  $('error-summary').hidden = true;
}
