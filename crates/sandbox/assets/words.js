// Amounts, schemes and times in words.

export function money({ value, currencyCode }) {
  const format = new Intl.NumberFormat('en-GB', { style: 'currency', currency: currencyCode });
  const { maximumFractionDigits: digits } = format.resolvedOptions();
  return format.format(value / 10 ** digits);
}

/** Pounds as typed ("10", "10.5") in pence; nothing if they are not an amount. */
export function pence(text) {
  const parts = /^£?\s*(\d{1,6})(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!parts) return undefined;
  const value = Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'));
  return value > 0 ? value : undefined;
}

/** So many thousandths of an amount, rounded half up to its minor unit. */
export const thousandths = (value, share) => Math.floor((value * share + 500) / 1000);

export const SCHEMES = {
  VISA: 'Visa', MASTERCARD: 'Mastercard', AMEX: 'American Express', MAESTRO: 'Maestro', DISCOVER: 'Discover',
};

export function scheme(name) {
  return SCHEMES[String(name).toUpperCase()] ?? name;
}

/** The last four digits of a masked number, after dots. */
export const short = (masked) => `•••• ${String(masked).replace(/\s/g, '').slice(-4)}`;

export function clock(at) {
  const moment = new Date(at);
  return Number.isNaN(moment.valueOf()) ? '' : moment.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' });
}
