// Amounts as people type and read them: minor units, integers all the way. Pure.

const HUNDRED = 100;
const MOST = 999999999999;

/** Minor units of what was typed; nothing if it is not an amount with at most two
    decimals. Either sign may divide them, as keyboards have one or the other. */
export function typedAmount(text, { decimal, group }) {
  const plain = text.replace(/[\s\u00a0\u202f£€']/g, '');
  const other = decimal === ',' ? '.' : ',';
  let whole;
  let part = '';
  for (const sign of [decimal, other]) {
    const at = plain.lastIndexOf(sign);
    const rest = plain.slice(at + 1);
    if (at < 0 || !/^\d{0,2}$/.test(rest) || plain.indexOf(sign) !== at) continue;
    [whole, part] = [plain.slice(0, at), rest];
    break;
  }
  whole ??= plain;
  const separator = /^[.,]$/.test(group) ? group : other;
  const grouped = new RegExp(`^\\d{1,3}(\\${separator}\\d{3})+$`);
  if (grouped.test(whole)) whole = whole.split(separator).join('');
  if (whole === '' && part !== '') whole = '0';
  if (!/^\d{1,12}$/.test(whole)) return undefined;
  const minor = Number(whole) * HUNDRED + Number(part.padEnd(2, '0'));
  return minor <= MOST ? minor : undefined;
}

/** So many per cent, to the nearest minor unit; half a unit counts as one. */
export const percentOf = (minor, percent) => Math.floor((minor * percent + 50) / HUNDRED);

/** An amount as the page's language writes it. */
export function written(minor, sign, { decimal, group, least, form }) {
  const size = Math.abs(minor);
  let digits = String(Math.floor(size / HUNDRED));
  if (digits.length >= 3 + least) digits = digits.replace(/\B(?=(\d{3})+$)/g, group);
  const amount = `${digits}${decimal}${String(size % HUNDRED).padStart(2, '0')}`;
  const parts = { amount, sign, minus: minor < 0 ? '-' : '' };
  return form.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);
}
