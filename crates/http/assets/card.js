// Card numbers as people type them. Pure: no document, no clock.
// The schemes' first digits are those of the server's own table.

const within = (digits, length, from, to = from) => {
  const head = Number(digits.slice(0, length));
  return digits.length >= length && head >= from && head <= to;
};

const SCHEMES = [
  { id: 'AMEX', name: 'American Express', is: (d) => within(d, 2, 34) || within(d, 2, 37), groups: [4, 6, 5], longest: 15 },
  { id: 'DCI', name: 'Diners Club', is: (d) => [36, 38, 39].some((n) => within(d, 2, n)) || within(d, 3, 300, 305), groups: [4, 6, 4, 5], longest: 19 },
  { id: 'DISCOVER', name: 'Discover', is: (d) => within(d, 2, 65) || within(d, 3, 644, 649) || within(d, 4, 6011) },
  { id: 'MASTERCARD', name: 'Mastercard', is: (d) => within(d, 2, 51, 55) || within(d, 4, 2221, 2720), longest: 16 },
  {
    id: 'MAESTRO', name: 'Maestro',
    is: (d) => within(d, 2, 50) || within(d, 2, 56, 58) || within(d, 2, 67) || within(d, 3, 639) || within(d, 4, 6304),
  },
  { id: 'VISA', name: 'Visa', is: (d) => d.startsWith('4') },
];
const UNKNOWN = { id: 'UNKNOWN', name: '' };

/** The scheme of a number that starts with these digits. */
export function schemeOf(digits) {
  const { id, name, groups = [4, 4, 4, 4, 3], longest = 19 } = SCHEMES.find((s) => s.is(digits)) ?? UNKNOWN;
  return { id, name, groups, longest, cv2: id === 'AMEX' ? 4 : 3 };
}

/** The digits in the groups that are printed on the card. */
export function grouped(digits) {
  const { groups, longest } = schemeOf(digits);
  const parts = [];
  let rest = digits.slice(0, longest);
  for (const size of groups) {
    if (rest === '') break;
    parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return parts.join(' ');
}

/** Whether it is 12 to 19 digits that pass the Luhn check. */
export function isCardNumber(digits) {
  let sum = 0;
  [...digits].reverse().forEach((digit, i) => {
    const value = Number(digit) * (i % 2 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return digits.length >= 12 && digits.length <= 19 && sum % 10 === 0;
}
