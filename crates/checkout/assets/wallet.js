// Wallets behind one interface: the simulated sheet of a sandbox, and those of browsers.
// One has `ask(wants)`: nothing if the payer cancels, or else `{ wallet, body, complete }`
// with the body that pays, and what the wallet is told once it is known how that went.

import { applePay, hasApplePay } from './apple-pay.js';
import { googlePay, hasGooglePay } from './google-pay.js';
import { simulated } from './wallet-sheet.js';

const WAYS = { APPLE_PAY: 'cors/api/payments/{}/apple-pay', GOOGLE_PAY: 'api/payments/{}/google-pay' };

const endpoint = (secret, path) => `/connect-e/${path.replace('{}', encodeURIComponent(secret))}`;
const post = (body) => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const json = async (response) => ({ statusCode: response.status, ...await response.json().catch(() => ({})) });

/** The wallet that can pay in this browser, as `{ wallet }`; or why there is none. */
export async function offer(secret) {
  const response = await fetch(endpoint(secret, 'api/payments/{}/wallets'), { cache: 'no-store' });
  const { message, ...offered } = await json(response);
  if (!response.ok) return { message: message ?? 'Wallets are not set up here.' };
  if (offered.simulated) return simulated(secret);
  if (offered.applePay && hasApplePay()) return { wallet: applePay(offered, (body) => session(secret, body)) };
  if (offered.googlePay && await hasGooglePay(offered)) return { wallet: googlePay(offered) };
  return { message: 'This browser has no wallet that can be used here.' };
}

/** Apple's leave to open its sheet in a page of that domain. */
async function session(secret, body) {
  const response = await fetch(endpoint(secret, 'api/payments/{}/apple-pay/session'), post(body));
  if (!response.ok) throw new Error('Apple Pay gave no session');
  return response.json();
}

/** Pays with what a wallet gave. */
export async function payWith(secret, { wallet, body }) {
  return json(await fetch(endpoint(secret, WAYS[wallet]), post(body)));
}
