// What is on the machine's screen. Buttons on it carry `data-act` and, where the
// action needs to know more, `data-body`; machine.js sends them.

import { icon, make } from './dom.js';
import { standing } from './integration-screens.js';
import { money, short, thousandths } from './words.js';

const PICTURES = {
  idle: 'mark', presentCard: 'contactless', refundPresentCard: 'contactless', tip: 'coins',
  enterPin: 'lock', wrongPin: 'lock', keyIn: 'keypad', pleaseWait: 'wait', removeCard: 'eject',
  approved: 'check', refunded: 'check', declined: 'cross', cancelled: 'cross', signature: 'pen',
  timedOut: 'clock', noLine: 'noline', menu: 'menu',
};
/** Screens of a result, on which the POS may have the last word. */
const SHOWS_STANDING = new Set(['approved', 'removeCard', 'cancelled', 'timedOut']);
const TIPS = [[100, '10 %'], [125, '12.5 %'], [150, '15 %']];

/** The strip along the top: which machine, its line and its battery. */
export function bar(machine) {
  if (!machine.power) return [];
  const line = make('span', {}, icon(machine.line ? 'line' : 'noline'), machine.line ? 'Online' : 'No line');
  return [make('span', { class: 'mono' }, machine.tid), line, make('span', {}, icon('battery'), make('span', { class: 'visually-hidden' }, 'Battery full'))];
}

/** The screen. `local` is what was typed on the machine and not sent yet. */
export function draw(machine, local) {
  if (!machine.power) return [make('p', { class: 'visually-hidden' }, 'The screen is dark: the machine is off.')];
  const { screen, actions } = machine;
  const can = (action) => actions.includes(action);
  if (can('key-in') && (screen.name === 'keyIn' || local.keying)) return keyIn(machine, local);
  const parts = [picture(screen.name), make('h2', { class: 'title' }, screen.title)];
  if (screen.amount && screen.name !== 'idle') parts.push(make('p', { class: 'sum' }, money(screen.amount)));
  if (can('tip') && screen.amount) parts.push(...tips(screen.amount, local));
  if (can('pin')) parts.push(...pin(screen, local));
  if (screen.text) parts.push(make('p', { class: 'text' }, screen.text));
  if (SHOWS_STANDING.has(screen.name)) parts.push(standing(machine.integration?.payment));
  if (screen.masked && !can('pin')) parts.push(make('p', { class: 'masked mono' }, short(screen.masked)));
  if (screen.name === 'presentCard' || screen.name === 'refundPresentCard') parts.push(ways(actions));
  parts.push(choices(can));
  parts.push(hints(can));
  return parts.filter(Boolean);
}

function picture(name) {
  return PICTURES[name] ? make('div', { class: `picture ${name}` }, icon(PICTURES[name])) : null;
}

/** What a payer may do with a card, as the screen shows it. */
function ways(actions) {
  const known = [['insert', 'chip', 'Insert'], ['tap', 'contactless', 'Tap'], ['swipe', 'swipe', 'Swipe']];
  const offered = known.filter(([action]) => actions.includes(action));
  return make('ul', { class: 'ways' }, ...offered.map(([, name, word]) => make('li', {}, icon(name), word)));
}

function pin(screen, local) {
  const typed = local.pin.length;
  const boxes = Array.from({ length: Math.max(4, typed) }, (_, at) => make('span', { class: at < typed ? 'dot full' : 'dot' }));
  const dots = make('div', { class: 'dots', role: 'img', 'aria-label': `PIN: ${typed} ${typed === 1 ? 'digit' : 'digits'} typed` }, ...boxes);
  const left = screen.pinTriesLeft;
  const tries = left != null && left < 3 && make('p', { class: 'tries' }, left === 1 ? 'Last try' : `${left} tries left`);
  return tries ? [dots, tries] : [dots];
}

function tips(amount, local) {
  const choice = (value, ...words) => make('button', { type: 'button', 'data-act': 'tip', 'data-body': JSON.stringify({ amount: value }) }, ...words);
  const shares = TIPS.map(([share, words]) => {
    const value = thousandths(amount.value, share);
    return choice(value, words, make('small', {}, money({ ...amount, value })));
  });
  const typed = Number(local.tip || 0);
  const own = make('p', { class: 'own-tip' }, local.tip ? `Your tip: ${money({ ...amount, value: typed })}` : 'or type an amount');
  return [make('div', { class: 'tips' }, ...shares, choice(0, 'No tip')), own];
}

const FIELDS = [
  { name: 'number', label: 'Card number', length: 23 },
  { name: 'expiry', label: 'Expires', length: 9, hint: 'MM / YY' },
  { name: 'cv2', label: 'Security code', length: 4 },
];

/** The form for a card that is typed. It is drawn once and then keeps itself. */
function keyIn({ screen }, local) {
  const field = ({ name, label, length, hint }) => make('div', { class: name },
    make('label', { for: `keyed-${name}` }, label),
    make('input', {
      id: `keyed-${name}`, name, inputmode: 'numeric', autocomplete: 'off', maxlength: length, placeholder: hint, spellcheck: 'false',
    }));
  const form = make('form', { class: 'keyed', id: 'keyed', novalidate: true },
    make('h2', { class: 'title' }, screen.name === 'keyIn' ? screen.title : 'Key in the card'),
    screen.amount ? make('p', { class: 'sum' }, money(screen.amount)) : '',
    ...FIELDS.map(field),
    make('p', { class: 'error', id: 'keyed-error', role: 'alert' }, local.error ?? ''),
    make('button', { class: 'soft' }, 'Pay with this card'));
  return [form];
}

/** What else may be chosen on the screen itself. */
function choices(can) {
  const soft = (words, action, body) => make('button', {
    type: 'button', class: 'soft', 'data-act': action, 'data-body': body && JSON.stringify(body),
  }, words);
  const row = [];
  if (can('key-in')) row.push(soft('Key in the number', 'start-keying'));
  if (can('sign')) row.push(soft('Sign the receipt', 'sign'));
  if (can('signature')) row.push(soft('Accept', 'signature', { accepted: true }), soft('Reject', 'signature', { accepted: false }));
  if (can('leave-menu')) row.push(soft('Leave the menu', 'leave-menu'));
  return row.length ? make('div', { class: 'softs' }, ...row) : null;
}

/** Which of the coloured keys do something. */
function hints(can) {
  const parts = [];
  if (can('cancel')) parts.push(make('span', {}, icon('cross'), 'Cancel'));
  if (can('pin') || can('ok')) parts.push(make('span', {}, icon('ring'), 'OK'));
  return parts.length ? make('p', { class: 'hints', 'aria-hidden': 'true' }, ...parts) : null;
}

/** The same in a sentence, to be read out. */
export function spoken(machine) {
  if (!machine.power) return 'The machine is off.';
  const { screen } = machine;
  const parts = [screen.title, screen.amount && screen.name !== 'idle' ? money(screen.amount) : '', screen.text];
  if (screen.pinTriesLeft != null && screen.pinTriesLeft < 3) parts.push(`${screen.pinTriesLeft} tries left`);
  return parts.filter(Boolean).map((part) => part.replace(/[.!?]?$/, '.')).join(' ');
}
