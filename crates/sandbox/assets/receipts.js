// Printed paper: as it looks, and as text to save.

import { byId, icon, make } from './dom.js';
import { clock } from './words.js';

/** How many characters a line of the roll has. */
const COLUMNS = 24;
/** How many receipts are shown before the older ones are asked for. */
const AT_HAND = 4;
const COPIES = { customer: 'Customer copy', merchant: 'Merchant copy', bill: 'Bill' };
const ALIGN = { AlignLeft: 'left', AlignCenter: 'center', AlignRight: 'right' };

/** The lines of a receipt as paper. */
function paper(lines, tag = 'div') {
  return make(tag, { class: 'lines' }, ...lines.map(line));
}

function line({ lineType, text, imageLogo, columns, image, qrCode }) {
  switch (lineType) {
    case 'Text': {
      const size = text.size === 'SizeHeader1' ? 'big' : text.size === 'SizeHeader2' ? 'middle' : 'body';
      const weight = text.emphasisBold ? 'bold' : 'plain';
      return make('p', { class: `line ${size} ${weight} ${ALIGN[text.align] ?? 'left'}` }, text.value.trimEnd() || '\u00a0');
    }
    case 'Columns': {
      const weight = columns.emphasisBold ? 'bold' : 'plain';
      return make('p', { class: `line pair ${weight}${columns.indented ? ' indented' : ''}` },
        make('span', {}, columns.left), ' ', make('span', {}, columns.right));
    }
    case 'Image':
      return make('p', { class: `art ${ALIGN[image.align] ?? 'center'}` }, drawing(image.svg, 'Picture'));
    case 'QrCode':
      return make('p', { class: 'art code' }, drawing(qrCode.svg, `QR code: ${qrCode.value}`));
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

/** A picture that the program has made of shapes and words alone. */
function drawing(svg, label) {
  const { documentElement: picture } = new DOMParser().parseFromString(svg, 'image/svg+xml');
  if (picture.localName !== 'svg') return null;
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', label);
  return document.importNode(picture, true);
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

/** A bill as a page of its own, for it has pictures. */
function asPage(lines) {
  const sheet = [...document.styleSheets].find(({ href }) => href?.endsWith('/paper.css'));
  const rules = [...sheet.cssRules].map((rule) => rule.cssText).join('\n');
  const paged = make('div', { class: 'receipt' }, make('div', { class: 'paper' }, paper(lines)));
  return `<!DOCTYPE html><html lang="en-GB"><meta charset="utf-8"><title>Bill</title><style>${rules}</style>${paged.outerHTML}</html>`;
}

function save(receipt, tid) {
  const moment = String(receipt.at).slice(0, 19).replace(/[^\dT]/g, '');
  const [content, type, end] = receipt.copy === 'bill'
    ? [asPage(receipt.lines), 'text/html', 'html']
    : [asText(receipt.lines), 'text/plain', 'txt'];
  const url = URL.createObjectURL(new Blob([content], { type }));
  make('a', { href: url, download: `receipt-${tid}-${moment}-${receipt.copy}.${end}` }).click();
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
export function show({ receipts = [], papers = [], session: now, tid }) {
  const bills = papers.map((bill) => ({ ...bill, copy: 'bill' }));
  const fresh = [...receipts, ...bills].filter((receipt) => !printed.has(keyOf(receipt)));
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
  const saving = make('button', { type: 'button', class: 'secondary' }, `Save as ${receipt.copy === 'bill' ? 'page' : 'text'}`, make('span', { class: 'visually-hidden' }, `: ${name}, ${at}`));
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
