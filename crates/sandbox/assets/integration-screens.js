// What is on the Integration screens. Buttons carry `data-step` and, where it is about
// something, `data-value`; integration.js does what they say.

import { icon, make } from './dom.js';
import { money, thousandths } from './words.js';

/** The tips that are offered, in thousandths. */
const TIPS = [100, 125, 150];

/** What was typed, as a number. */
export const number = ({ typed }) => Number(typed || 0);

const soft = (words, step, value, more = {}) => make('button', {
  type: 'button', class: 'soft', 'data-step': step, 'data-value': value, ...more,
}, ...[words].flat());
const title = (words) => make('h2', { class: 'title' }, words);
const text = (words) => make('p', { class: 'text' }, words);
const softs = (...buttons) => make('div', { class: 'softs' }, ...buttons);

/** The screen of a step. `listed` are the orders that the filter leaves, `sum` is what
    is to be paid if that is known. */
export function draw(machine, local, { listed, sum }) {
  const { integration } = machine;
  switch (local.step) {
    case 'waiter': return waiter(local);
    case 'list': return list(local, listed(), integration.payment);
    case 'split': return splits(integration.order);
    case 'equal': return equal(local);
    case 'amount': return amount(integration.order, local);
    case 'items': return items(integration.order, local);
    case 'tip': return tip(integration.order, local, sum());
    default: return integration?.order ? order(integration) : [title('Please wait')];
  }
}

function waiter(local) {
  return [
    make('div', { class: 'picture' }, icon('keypad')),
    title('Waiter ID'),
    typed(local.typed, 'Type it on the keys.'),
    softs(soft(local.typed ? 'Show orders' : 'Without an ID', 'open')),
  ];
}

const typed = (value, otherwise) => make('p', { class: value ? 'sum' : 'text' }, value || otherwise);

function list(local, orders, payment) {
  const filter = make('div', { class: 'filter' },
    make('label', { for: 'order-filter', class: 'visually-hidden' }, 'Filter by name or table'),
    make('input', { id: 'order-filter', type: 'search', autocomplete: 'off', placeholder: 'Filter', value: local.typed ?? '', maxlength: 40 }),
    soft([icon('refresh'), make('span', { class: 'visually-hidden' }, 'Refresh the list')], 'refresh'));
  const rows = orders.map((one) => make('li', {},
    soft([make('span', {}, one.name), make('strong', {}, one.due ? money(one.due) : one.status ?? '')], 'select', one.orderId)));
  const none = local.loading ? 'Asking the POS…' : local.orders?.length ? 'No order has that name.' : 'The POS has no order to pay.';
  return [
    title('Orders'),
    standing(payment),
    filter,
    rows.length ? make('ul', { class: 'orders', id: 'orders' }, ...rows) : text(none),
    local.after || local.paged ? softs(
      local.paged ? soft('First page', 'refresh') : '',
      local.after ? soft('Next page', 'next', undefined, { id: 'next-page' }) : '') : null,
  ].filter(Boolean);
}

/** An order with all that it comes to. */
function order({ order: one, payment }) {
  const { available } = one;
  const due = available ?? one.due;
  return [
    title(one.name),
    due && make('p', { class: 'sum', id: 'order-due' }, money(due)),
    standing(payment),
    table(one),
    softs(
      available ? soft('Pay', 'split', undefined, { id: 'order-pay' }) : make('p', { class: 'text' }, 'Nothing is left to pay.'),
      soft('Print bill', 'print'), soft('Leave', 'back')),
  ].filter(Boolean);
}

const STANDINGS = {
  recording: ['wait', 'Recording the payment at the POS…'],
  recorded: ['good', 'The payment is recorded.'],
  givingBack: ['wrong', 'The POS refused the payment. It is being given back.'],
  givenBack: ['wrong', 'The POS refused the payment. It was given back.'],
  uncertain: ['wrong', 'The POS may have recorded the payment. Check it there.'],
};

/** How the last payment stands, with what the POS said. */
export function standing(payment) {
  const [tone, words] = STANDINGS[payment?.status] ?? [];
  if (!words) return null;
  const said = payment.message && payment.status !== 'recorded' ? ` “${payment.message}”` : '';
  return make('p', { class: `standing ${tone}`, id: 'order-standing', 'data-status': payment.status }, words, said);
}

function table(one) {
  const row = (name, value, className) => make('tr', { class: className }, make('th', { scope: 'row' }, name), make('td', {}, value));
  const times = (quantity, name) => (quantity === 1 ? name : `${quantity} × ${name}`);
  const shown = (list, sign = 1) => (list ?? []).map(({ name, amount }) => row(name, money({ ...amount, value: sign * Math.abs(amount.value) })));
  const rows = (one.items ?? []).flatMap(({ name, quantity, price, note, parts }) => [
    row(times(quantity, name), price ? money({ ...price, value: price.value * quantity }) : ''),
    note ? row(note, '', 'part') : null,
    ...(parts ?? []).map((part) => row(times(part.quantity, part.name), '', 'part')),
  ]);
  const sums = [
    ...shown(one.discounts, -1),
    one.serviceCharge && row('Service charge', money(one.serviceCharge)),
    one.total && row('Total', money(one.total), 'total'),
    ...(one.taxes ?? []).map(({ name, amount }) => row(`Includes ${name}`, money(amount), 'part')),
    one.total && one.due && one.total.value > one.due.value && row('Paid', money({ ...one.due, value: one.total.value - one.due.value })),
    one.due && row('Due', money(one.due), 'total'),
  ];
  return make('div', { class: 'order-lines', tabindex: '0', role: 'region', 'aria-label': 'What was ordered' },
    make('table', {}, make('tbody', {}, ...rows), make('tbody', {}, ...sums)));
}

function splits(one) {
  return [
    title('How to pay'),
    make('p', { class: 'sum' }, money(one.available ?? one.due)),
    make('div', { class: 'softs tall' },
      soft('In full', 'full'), soft('Equal parts', 'equal'), soft('An amount', 'amount'),
      one.items?.length ? soft('Items', 'items') : ''),
  ];
}

function equal(local) {
  return [
    title('How many share?'),
    typed(local.typed, 'Type it on the keys.'),
    softs(...[2, 3, 4].map((count) => soft(String(count), 'share', count))),
    accept(),
  ];
}

function amount(one, local) {
  return [
    title('How much?'),
    make('p', { class: 'sum' }, money({ ...one.due, value: number(local) })),
    text(`${money(one.available ?? one.due)} is left. Type it on the keys.`),
    accept(),
  ];
}

function items(one, local) {
  const row = ({ name, quantity, price }, index) => {
    const count = local.items[index] ?? 0;
    return make('li', {},
      make('span', { class: 'what' }, name, price ? make('small', {}, money(price)) : ''),
      soft('−', 'fewer', index, { 'aria-label': `One less: ${name}` }),
      make('span', { class: 'count' }, `${count}/${quantity}`),
      soft('+', 'more', index, { 'aria-label': `One more: ${name}` }));
  };
  return [title('Which items?'), make('ul', { class: 'orders picks' }, ...one.items.map(row)), accept()];
}

function tip(one, local, sum) {
  const percent = (share) => soft([
    `${share / 10} %`, sum ? make('small', {}, money({ ...sum, value: thousandths(sum.value, share) })) : '',
  ], 'percent', share / 10);
  const own = number(local);
  return [
    title('Add a tip?'),
    sum ? make('p', { class: 'sum' }, money(sum)) : '',
    make('div', { class: 'tips' }, ...TIPS.map(percent), soft('No tip', 'percent', 0)),
    make('p', { class: 'own-tip' }, own ? `Your tip: ${money({ ...one.due, value: own })}` : 'or type an amount'),
    own ? accept() : null,
  ].filter(Boolean);
}

const accept = () => softs(soft('Continue', 'accept'));

/** The step in a sentence, to be read out. */
export function spoken(machine, local) {
  const { integration } = machine;
  const words = {
    waiter: 'Waiter ID.', list: local.loading ? 'Asking the POS.' : `Orders: ${local.orders?.length ?? 0}.`,
    split: 'How to pay.', equal: 'How many share?', amount: 'How much?', items: 'Which items?', tip: 'Add a tip?',
  }[local.step];
  if (words) return words;
  const one = integration?.order;
  if (!one) return 'Please wait.';
  const [, said = ''] = STANDINGS[integration.payment?.status] ?? [];
  return `${one.name}. ${one.due ? `Due: ${money(one.due)}.` : ''} ${said}`.trim();
}
