// The machine's Integration screens: orders of the POS, and how one is paid. What is
// chosen step by step is kept here; what was decided is the machine's.

import * as api from './api.js';
import { byId } from './dom.js';
import { number } from './integration-screens.js';

const MOST_DIGITS = { waiter: 12, filter: 12, parts: 2, amount: 7, tip: 6 };

/** Which step is shown, what was typed in it, and what was chosen. */
let local = { step: 'idle' };
let page;

export const state = () => local;

/** `go` runs a call of the machine and takes its answer; `redraw` shows the step. */
export function start({ tid, go, redraw, refuse }) {
  page = { tid, go, redraw, refuse, machine: undefined };
  byId('screen').addEventListener('click', ({ target }) => {
    const button = target.closest('[data-step]');
    if (button) act(button.dataset.step, button.dataset.value);
  });
  byId('screen').addEventListener('input', ({ target }) => {
    if (target.id === 'order-filter') enter({ typed: target.value, focus: true });
  });
}

/** Whether the machine may show these screens now: nothing else is on it. */
export const isOffered = (machine) => machine.power && machine.line && !machine.session && machine.screen.name !== 'menu';

/** Whether it shows one. */
export const isShown = (machine) => isOffered(machine) && (local.step === 'waiter' || Boolean(machine.integration));

/** Follows the machine: which step goes on after what happened. */
export function follow(machine) {
  const before = page.machine;
  page.machine = machine;
  const order = machine.integration?.order?.orderId;
  if (!machine.integration) {
    if (local.step !== 'waiter' || !isOffered(machine)) local = { step: 'idle' };
  } else if (order) {
    const isOther = before?.integration?.order?.orderId !== order;
    const wasPaid = Boolean(before?.session) && !machine.session;
    if (isOther || wasPaid || ['idle', 'waiter', 'list'].includes(local.step)) local = { step: 'order' };
  } else if (local.step !== 'list') {
    local = { step: 'list', typed: '' };
    list();
  }
}

function enter(change) {
  local = { ...local, ...change };
  page.redraw();
}

/** The orders of the POS, or those after the ones that are shown. */
async function list(after) {
  const asked = local;
  asked.loading = true;
  try {
    const found = await api.orders(page.tid, after);
    if (local.step === 'list') enter({ orders: found.orders, after: found.after, paged: Boolean(after), loading: false });
  } catch (error) {
    if (local.step === 'list') enter({ loading: false, orders: local.orders ?? [] });
    page.refuse(error.message);
  }
}

/** The orders that the filter leaves. */
export function listed() {
  const wanted = (local.typed ?? '').trim().toLowerCase();
  const names = ({ name, tableId }) => [name, tableId].filter(Boolean).join(' ').toLowerCase();
  return (local.orders ?? []).filter((order) => names(order).includes(wanted));
}

const order = () => page.machine.integration.order;

/** What the keys do in each step: `typed` is what digits go into. */
const TYPES = { waiter: 'waiter', list: 'filter', equal: 'parts', amount: 'amount', tip: 'tip' };

export function means(key) {
  switch (key) {
    case 'integration': return isOffered(page.machine) && !page.machine.integration && local.step !== 'waiter';
    case 'cancel': return true;
    case 'ok': return ['waiter', 'equal', 'amount', 'items', 'tip'].includes(local.step);
    case 'menu': return page.machine.actions.includes('menu');
    case 'power': return page.machine.actions.includes('power-off');
    default: return local.step in TYPES;
  }
}

export function press(key) {
  switch (key) {
    case 'integration': enter({ step: 'waiter', typed: '' }); break;
    case 'cancel': back(); break;
    case 'ok': accept(); break;
    default: type(key);
  }
}

function type(key) {
  const typed = local.typed ?? '';
  const most = MOST_DIGITS[TYPES[local.step]];
  enter({ typed: key === 'clear' ? typed.slice(0, -1) : `${typed}${key}`.slice(0, most) });
}

/** One step back; from the first the screens are left. */
function back() {
  switch (local.step) {
    case 'waiter': enter({ step: 'idle' }); break;
    case 'list': page.go('closeIntegration', () => api.closeIntegration(page.tid)); break;
    case 'order': page.go('leaveOrder', () => api.leaveOrder(page.tid)); break;
    case 'split': enter({ step: 'order' }); break;
    case 'tip': enter({ step: 'split', typed: '' }); break;
    default: enter({ step: 'split', typed: '' });
  }
}

function accept() {
  const value = number(local);
  switch (local.step) {
    case 'waiter': open(); break;
    case 'equal':
      if (value < 2) page.refuse('Type how many share the bill: two or more.');
      else chose({ kind: 'equal', parts: value });
      break;
    case 'amount':
      if (value === 0) page.refuse('Type the amount to pay.');
      else chose({ kind: 'amount', amount: { ...order().due, value } });
      break;
    case 'items': {
      const items = Object.entries(local.items).filter(([, quantity]) => quantity > 0);
      if (items.length === 0) page.refuse('Choose at least one item.');
      else chose({ kind: 'items', items: items.map(([index, quantity]) => ({ index: Number(index), quantity })) });
      break;
    }
    case 'tip':
      pay(value === 0 ? undefined : { amount: { ...order().due, value } });
      break;
    default:
  }
}

const open = () => page.go('openIntegration', () => api.openIntegration(page.tid, local.typed ? { waiterId: local.typed } : {}));

function chose(split) {
  enter({ step: 'tip', split, typed: '' });
}

function pay(tip) {
  const { split } = local;
  page.go('payOrder', () => api.payOrder(page.tid, { split, ...(tip && { tip }) }));
}

/** A button on the screen. */
function act(step, value) {
  switch (step) {
    case 'open': open(); break;
    case 'refresh': list(); break;
    case 'next': list(local.after); break;
    case 'select': page.go('selectOrder', () => api.selectOrder(page.tid, value)); break;
    case 'print': page.go('printBill', () => api.printBill(page.tid)); break;
    case 'back': back(); break;
    case 'full': chose({ kind: 'full' }); break;
    case 'items': enter({ step, items: {} }); break;
    case 'more': case 'fewer': count(Number(value), step === 'more' ? 1 : -1); break;
    case 'share': chose({ kind: 'equal', parts: Number(value) }); break;
    case 'percent': pay(Number(value) ? { percent: Number(value) } : undefined); break;
    case 'accept': accept(); break;
    default: enter({ step, typed: '' });
  }
}

function count(index, change) {
  const most = order().items[index]?.quantity ?? 0;
  const wanted = Math.max(0, Math.min(most, (local.items[index] ?? 0) + change));
  enter({ items: { ...local.items, [index]: wanted } });
}

/** What the amount of the next payment is, if it is known before the POS is asked. */
export function sum() {
  const { due, available = due } = order();
  if (local.split?.kind === 'full') return available;
  return local.split?.kind === 'amount' ? local.split.amount : undefined;
}
