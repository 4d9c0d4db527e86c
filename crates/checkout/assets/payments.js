// The calls of the payment page, all to its own origin. A call that is not
// answered throws: what became of it is not known.

import { LANGUAGE } from './words.js';

const PATIENCE_MS = 45000;

const json = (body) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
  signal: AbortSignal.timeout?.(PATIENCE_MS),
});

/** Where an answer in the page's language comes from. */
export const inLanguage = (path) => (LANGUAGE ? `${path}?lang=${LANGUAGE}` : path);

/** Posts a body; what is answered, with its status. */
export async function submit(path, body) {
  const response = await fetch(inLanguage(path), json(body));
  const answer = await response.json().catch(() => ({}));
  return { statusCode: response.status, ...answer };
}

const payments = (secret) => `/connect-e/api/payments/${encodeURIComponent(secret)}`;

/** Submits the card, typed in or saved. */
export const pay = (secret, body) => submit(
  body.paymentMethodId ? `/connect-e/api/payments/recurring/${encodeURIComponent(secret)}` : payments(secret),
  body,
);

/** What came of what was submitted. */
export async function outcome(secret) {
  const response = await fetch(payments(secret), { cache: 'no-store', signal: AbortSignal.timeout?.(PATIENCE_MS) });
  const answer = await response.json();
  if ([40, 429, 503].includes(answer.statusCode)) throw new Error('not yet');
  return answer;
}

/** Goes on after the bank's check. */
export async function complete(secret, md, paRes) {
  const answer = await submit(`${payments(secret)}/three-ds-complete`, { transactionId: md, paRes });
  if ([429, 503].includes(answer.statusCode)) throw new Error('not now');
  return answer;
}

/** A new secret, for the amount that is shown to the payer; none if that is not
    to be paid (any more). The old one can do nothing from then on. */
export async function newSecret(id, amount, choice) {
  const response = await fetch(`/checkout/${id}/session`, json({ amount, choice }));
  if ([404, 409].includes(response.status)) return undefined;
  if (response.status === 400) throw new RangeError('such an amount cannot be paid');
  if (!response.ok) throw new Error('no secret');
  return (await response.json()).clientSessionSecret;
}

/** How the payment stands: `state` (`payable`, `processing`, `paid`, …) and
    `amount`. */
export async function standing(id) {
  const response = await fetch(`/checkout/${id}/status`, { cache: 'no-store', signal: AbortSignal.timeout?.(PATIENCE_MS) });
  if (response.status === 404) return { state: 'unknown' };
  if (!response.ok) throw new Error('no answer');
  return response.json();
}

/** Asks until there is an answer: soon, when the browser says that the line is
    back, and then now and then. Throws if it has none after `patience` ms. */
export async function untilAnswered(ask, patience = Infinity) {
  const end = Date.now() + patience;
  for (let pause = 1000; ; pause = Math.min(pause * 1.5, 10000)) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof RangeError || Date.now() > end) throw error;
      await new Promise((resolve) => {
        window.setTimeout(resolve, pause);
        window.addEventListener('online', resolve, { once: true });
      });
    }
  }
}
