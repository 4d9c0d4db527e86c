// The calls of the payment page, all to its own origin. A call that is not
// answered throws: what became of it is not known.

import { LANGUAGE } from './words.js';

const PATIENCE_MS = 45000;
/** How long a call is sent again; later, the payer would no longer expect it. */
const RESEND_MS = 120000;
/** The secret was not used yet. */
const WAITING = 99;

/** What proves something for each card, where the server asks for that. */
const { captcha } = document.body.dataset;
const prover = captcha && import(`./${captcha}`);

const json = (body, headers) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
  signal: AbortSignal.timeout?.(PATIENCE_MS),
});

/** Where an answer in the page's language comes from. */
export const inLanguage = (path) => (LANGUAGE ? `${path}?lang=${LANGUAGE}` : path);

/** Posts a body; what is answered, with its status. */
export async function submit(path, body, headers) {
  const response = await fetch(inLanguage(path), json(body, headers));
  const answer = await response.json().catch(() => ({}));
  return { statusCode: response.status, ...answer };
}

/** Begins what the server asks for before it takes a card with this secret. */
export async function prepare(secret) {
  if (!prover || !secret) return;
  const { proofFor } = await prover;
  await proofFor(secret).catch(() => {}); // Without a line, it is made once the payer pays.
}

/** Submits a card, with the proof that it is only taken with; made anew if that is refused. */
export async function submitCard(secret, path, body) {
  if (!prover) return submit(path, body);
  const { proofFor } = await prover;
  const proven = async (anew) => submit(path, body, { 'Captcha-Proof': await proofFor(secret, anew) });
  const answer = await proven(false);
  return answer.statusCode === 403 ? proven(true) : answer;
}

const payments = (secret) => `/connect-e/api/payments/${encodeURIComponent(secret)}`;

/** Submits the card, typed in or saved. */
export const pay = (secret, body) => submitCard(
  secret,
  body.paymentMethodId ? `/connect-e/api/payments/recurring/${encodeURIComponent(secret)}` : payments(secret),
  body,
);

/** What came of what was submitted. */
async function outcome(secret) {
  const response = await fetch(inLanguage(payments(secret)), { cache: 'no-store', signal: AbortSignal.timeout?.(PATIENCE_MS) });
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

/** Asks until there is an answer, and calls `lost` before it asks again. A secret pays once,
    so what was not answered may be sent again. If an answer was lost, a later one that says
    that nothing (more) can be done tells nothing: then what came of the first is asked for.
    Throws if that cannot be found out. */
export async function answered(secret, ask, lost) {
  let sent = 0;
  const answer = await untilAnswered(() => {
    sent += 1;
    if (sent > 1) lost();
    return ask();
  }, RESEND_MS);
  return sent > 1 && [400, 401].includes(answer.statusCode) ? concluded(secret, answer) : answer;
}

/** What came of what was submitted, once it is known; `answer` if nothing was. */
export async function concluded(secret, answer) {
  const known = await untilAnswered(() => outcome(secret), RESEND_MS);
  if (known.statusCode === 401) throw new Error('the secret is another by now');
  return known.statusCode === WAITING ? answer : known;
}
