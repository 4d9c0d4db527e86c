// Wallets behind one interface: the simulated sheet of a sandbox, and those of browsers.
// One has `ask(wants)`: nothing if the payer cancels, or else `{ wallet, body, complete }`
// with the body that pays, and what the wallet is told once it is known how that went.

import { applePay, hasApplePay } from './apple-pay.js';
import { googlePay, hasGooglePay } from './google-pay.js';
import { inLanguage, submit, submitCard } from './payments.js';
import { simulated } from './wallet-sheet.js';

export const WORDS = JSON.parse(document.getElementById('wallet')?.dataset.words ?? '{}');
const WAYS = { APPLE_PAY: 'cors/api/payments/{}/apple-pay', GOOGLE_PAY: 'api/payments/{}/google-pay' };
/** Paid, or the bank asks in our page: the wallet's sheet has done its part. */
const ACCEPTED = [0, 3];

const endpoint = (secret, path) => `/connect-e/${path.replace('{}', encodeURIComponent(secret))}`;

/** The wallet that can pay in this browser, as `{ wallet }`; or why there is none. */
export async function offer(secret) {
  const response = await fetch(inLanguage(endpoint(secret, 'api/payments/{}/wallets')), { cache: 'no-store' });
  const { message, ...offered } = await response.json().catch(() => ({}));
  if (!response.ok) return { message: message ?? WORDS.unreachable };
  if (offered.simulated) return simulated(secret, WORDS);
  if (offered.applePay && hasApplePay()) return { wallet: applePay(offered, (body) => session(secret, body)) };
  if (offered.googlePay && await hasGooglePay(offered)) return { wallet: googlePay(offered) };
  return { message: WORDS.none };
}

/** Apple's leave to open its sheet in a page of that domain. */
async function session(secret, body) {
  const { statusCode, message, ...given } = await submit(endpoint(secret, 'api/payments/{}/apple-pay/session'), body);
  if (statusCode === 401) throw { statusCode, message };
  if (statusCode !== 200) throw new Error('Apple Pay gave no session');
  return given;
}

/** Pays with what a wallet gave. */
export async function payWith(secret, { wallet, body, complete }) {
  const answer = await submitCard(secret, endpoint(secret, WAYS[wallet]), body);
  complete(ACCEPTED.includes(answer.statusCode));
  return answer;
}
