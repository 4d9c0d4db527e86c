// Printed paper: as it looks, and as text to save.

import { byId, icon, make } from './dom.js';
import { clock } from './words.js';

/** How many characters a line of the roll has. */
const COLUMNS = 24;
/** How many receipts are shown before the older ones are asked for. */
const AT_HAND = 4;
const COPIES = { customer: 'Customer copy', merchant: 'Merchant copy' };
const ALIGN = { AlignLeft: 'left', AlignCenter: 'center', AlignRight: 'right' };

/** The lines of a receipt as paper. */
function paper(lines, tag = 'div') {
  return make(tag, { class: 'lines' }, ...lines.map(line));
}

function line({ lineType, text, imageLogo }) {
  switch (lineType) {
    case 'Text': {
      const size = text.size === 'SizeHeader1' ? 'big' : text.size === 'SizeHeader2' ? 'middle' : 'body';
      const weight = text.emphasisBold ? 'bold' : 'plain';
      return make('p', { class: `line ${size} ${weight} ${ALIGN[text.align] ?? 'left'}` }, text.value.trimEnd() || '\u00a0');
    }
    case 'LogoImage':
      return make('p', { class: `logo ${ALIGN[imageLogo?.align] ?? 'center'}` }, icon('mark'));
    case 'SingleLineSeperator':
      return make('hr', { class: 'single' });
    case 'DoubleLineSeperator':
      return make('hr', { class: 'double' });
    default:
      return make('p', { class: 'line body' }, '\u00a0');
  }
}

/** The same as plain text. */
export function asText(lines) {
  const rows = lines.map(({ lineType, text }) => {
    if (lineType === 'SingleLineSeperator') return '-'.repeat(COLUMNS);
    if (lineType === 'DoubleLineSeperator') return '='.repeat(COLUMNS);
    if (lineType !== 'Text') return '';
    const value = text.value.trimEnd();
    const room = Math.max(0, COLUMNS - value.length);
    if (text.align === 'AlignRight') return ' '.repeat(room) + value;
    if (text.align === 'AlignCenter') return ' '.repeat(Math.floor(room / 2)) + value;
    return value;
  });
  return `${rows.join('\n')}\n`;
}

function save(receipt, tid) {
  const moment = String(receipt.at).slice(0, 19).replace(/[^\dT]/g, '');
  const url = URL.createObjectURL(new Blob([asText(receipt.lines)], { type: 'text/plain' }));
  make('a', { href: url, download: `receipt-${tid}-${moment}-${receipt.copy}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

const keyOf = (receipt) => receipt.id ?? `${receipt.at} ${receipt.copy} ${JSON.stringify(receipt.lines).length}`;

const printed = new Set();
let first = true;
let session;

export function start() {
  byId('older').addEventListener('click', () => {
    byId('receipts').classList.add('all');
    byId('receipts').children[AT_HAND]?.querySelector('.paper').focus();
    file();
  });
}

/** Shows what was printed, newest first. Paper that is new comes out of the
    machine; what was there when the page was opened lies there already. */
export function show({ receipts = [], session: now, tid }) {
  const fresh = receipts.filter((receipt) => !printed.has(keyOf(receipt)));
  for (const receipt of fresh) {
    printed.add(keyOf(receipt));
    byId('receipts').prepend(slip(receipt, tid));
  }
  file();
  if (fresh.length && !first) print(fresh.at(-1));
  else if (now && now.id !== session) byId('peek').hidden = true; // Torn off.
  if (now) session = now.id;
  first = false;
}

/** Keeps the older receipts out of the way until they are asked for. */
function file() {
  const list = byId('receipts');
  byId('no-receipts').hidden = printed.size > 0;
  byId('older').hidden = list.classList.contains('all') || list.children.length <= AT_HAND;
}

/** The customer signs the slip that was printed last. */
export function sign() {
  const paper = byId('receipts').querySelector('.receipt.merchant .paper');
  if (!paper || paper.querySelector('.scribble')) return;
  const lines = [...paper.querySelectorAll('.line')];
  const dotted = lines.find((line) => line.textContent.startsWith('X_')) ?? lines.at(-1);
  dotted.before(icon('scribble', 'scribble'), make('p', { class: 'visually-hidden' }, 'Signed by the customer'));
}

function slip(receipt, tid) {
  const name = COPIES[receipt.copy] ?? 'Receipt';
  const at = clock(receipt.at);
  const saving = make('button', { type: 'button', class: 'secondary' }, 'Save as text', make('span', { class: 'visually-hidden' }, `: ${name}, ${at}`));
  saving.addEventListener('click', () => save(receipt, tid));
  return make('li', { class: `receipt ${receipt.copy}` },
    make('h3', {}, name, ' ', make('span', { class: 'muted' }, at)),
    make('div', { class: 'paper', tabindex: '0', role: 'group', 'aria-label': `${name}, ${at}` }, paper(receipt.lines)),
    saving);
}

/** Lets the top of a receipt come out of the machine. */
function print(receipt) {
  const peek = byId('peek');
  peek.hidden = false;
  peek.replaceChildren(paper(receipt.lines));
  peek.classList.remove('printing');
  void peek.offsetHeight; // Starts the animation anew.
  peek.classList.add('printing');
}
