// The calls of the payment page, all to its own origin.

async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
  const answer = await response.json().catch(() => ({}));
  return { statusCode: response.status, ...answer };
}

const payments = (secret) => `/connect-e/api/payments/${encodeURIComponent(secret)}`;

/** Submits the card, typed in or saved. */
export const pay = (secret, body) => post(
  body.paymentMethodId ? `/connect-e/api/payments/recurring/${encodeURIComponent(secret)}` : payments(secret),
  body,
);

/** Goes on after the bank's check. */
export const complete = (secret, md, paRes) => post(`${payments(secret)}/three-ds-complete`, { transactionId: md, paRes });

/** A new secret for another try; none if the payment can no longer be made. */
export async function newSecret(id) {
  return (await post(`/checkout/${id}/session`)).clientSessionSecret;
}

/** How the payment stands: `payable`, `processing`, `paid`, … */
export async function standing(id) {
  const response = await fetch(`/checkout/${id}/status`, { cache: 'no-store' });
  return (await response.json()).state;
}
