// Expiry dates of cards as people type them, key by key or at once.

export const digitsOf = (text) => text.replace(/\D/g, '');

/** `MM / YY` from whatever of it is there: `3`, `327`, `03/2027`, `2027-03`. A year
    that begins with 20 may be on its way to four digits, so a third is left to
    stand; the fourth makes it the usual two. */
export function expiryText(text, deleting = false) {
  const filled = /^\s*(20\d\d)-(\d\d)\s*$/.exec(text); // As browsers may fill it in.
  if (filled) return expiryText(`${filled[2]}/${filled[1]}`);
  const parts = /^(\D*\d{1,2})\s*[/-](.*)$/.exec(text);
  let month = digitsOf(parts ? parts[1] : text);
  let year = parts ? digitsOf(parts[2]) : '';
  if (!deleting && (parts ? month.length === 1 : /^[2-9]/.test(month))) month = `0${month}`;
  if (!parts) [month, year] = [month.slice(0, 2), month.slice(2)];
  const inFull = year.startsWith('20');
  if (inFull && year.length >= 4) year = year.slice(2, 4);
  else year = year.slice(0, inFull ? 3 : 2);
  if (year === '' && (deleting || month.length < 2)) return month;
  return `${month} / ${year}`;
}

/** `{year, month}`, or nothing if it is no date. */
export function expiryOf(text) {
  const [, month, year] = /^\s*(\d{2})\s*\/\s*(\d{2})\s*$/.exec(text) ?? [];
  const number = Number(month);
  return number >= 1 && number <= 12 ? { month: number, year: 2000 + Number(year) } : undefined;
}

/** Writes a field anew after a key, with the caret behind the digit it was behind. */
export function rewrite(input, write) {
  const before = digitsOf(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  const text = write(input.value);
  if (text === input.value) return;
  input.value = text;
  let at = 0;
  for (let seen = 0; seen < before && at < text.length; at += 1) seen += /\d/.test(text[at]) ? 1 : 0;
  const caret = atEnd ? text.length : at;
  input.setSelectionRange(caret, caret);
}

/** What a key in an expiry field does: for `input` events. */
export function typeExpiry({ target, inputType = '' }) {
  rewrite(target, (text) => expiryText(text, inputType.startsWith('delete')));
}

/** Takes what was typed, or put back by the browser, before the script came, as if it
    were typed now. */
export function catchUp(inputs) {
  for (const input of inputs) if (input?.value) input.dispatchEvent(new Event('input', { bubbles: true }));
}
