// A small point of sale: it creates payments and sends them to the machine by
// the published API, and shows what it is told.

import { till } from './api.js';
import { allow, byId, isAllowed, make, tell } from './dom.js';
import { pence } from './words.js';

const ENDED = ['Authorized', 'Captured', 'Canceled', 'Expired', 'Declined', 'SignatureVerificationRejected'];

let machine;
let known; // The session that was seen last.

export function start() {
  byId('till').addEventListener('submit', (event) => {
    event.preventDefault();
    if (isAllowed(byId('till-send'))) send().catch(failed);
  });
  byId('till-cancel').addEventListener('click', () => {
    if (isAllowed(byId('till-cancel'))) cancel().catch(failed);
  });
}

/** Takes note of the machine's state. */
export function follow(state) {
  machine = state;
  if (machine.session) known = machine.session;
  show();
  // The machine forgets a session that is over; the API does not.
  if (known && !machine.session && !ENDED.includes(known.status)) refresh().catch(failed);
}

async function refresh() {
  const session = await till('GET', `/terminal-sessions/${known.id}`);
  known = { ...known, status: session.status };
  show();
}

function show() {
  const open = Boolean(known) && !ENDED.includes(known.status);
  allow(byId('till-cancel'), open);
  const facts = known && [
    ['Session', known.id], ['Status', known.status], ['Type', known.type],
    ['Payment intent', known.paymentIntentId], ['Reference', known.reference],
  ];
  byId('session').hidden = !facts;
  byId('session').replaceChildren(...(facts ?? [])
    .filter(([, value]) => value)
    .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', { 'data-fact': name }, value))));
}

async function send() {
  const value = pence(byId('till-amount').value);
  const error = byId('till-error');
  byId('till-amount').setAttribute('aria-invalid', String(!value));
  tell(error, value ? '' : 'Type an amount such as 10.00.');
  if (!value) {
    byId('till-amount').focus();
    return;
  }
  tell(byId('till-told'), 'Sending…');
  allow(byId('till-send'), false);
  try {
    const details = await transaction(byId('till-kind').value, value, byId('till-absent').checked);
    const session = await till('POST', '/terminal-sessions', { terminalId: machine.terminalId, details });
    known = { id: session.id, status: session.status, type: details.sessionType };
    show();
    tell(byId('till-told'), 'Sent to the machine.');
  } finally {
    allow(byId('till-send'), true);
  }
}

async function transaction(kind, value, absent) {
  const amount = { value, currencyCode: 'GBP' };
  if (kind === 'refund') {
    return { sessionType: 'UnlinkedRefund', unlinkedRefund: { amount, ...absent && { cardholderNotPresent: true } } };
  }
  const reference = `Till-${new Date().toISOString().slice(11, 19).replaceAll(':', '')}`;
  const intent = await till('POST', '/payment-intents', {
    amount,
    reference,
    ...absent && { cardHolderNotPresent: true },
    ...kind === 'hold' && { captureMode: 'Manual', autoExpireIn: '6.00:00:00', autoExpireAction: 'Release' },
  });
  return { sessionType: 'Sale', sale: { paymentIntentId: intent.id } };
}

async function cancel() {
  await till('PUT', `/terminal-sessions/${known.id}/cancel`);
  tell(byId('till-told'), 'Asked the machine to cancel.');
  if (!machine.session) await refresh();
}

function failed(error) {
  tell(byId('till-told'), error.message);
}
