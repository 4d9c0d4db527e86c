// The wallets of browsers, played by the page: what they are asked, and that the tokens
// that they give pay. The tokens are the sandbox's.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { WIDE, visit } from './browser.mjs';
import { components, frameAt, mountWallet, noted, notes } from './shops.mjs';

const all = components();
const OFFER = {
  merchant: 'Corner Shop', amount: '10.00', currencyCode: 'GBP', countryCode: 'GB', applePay: true,
  googlePay: { method: 'https://google.com/pay', merchantId: 'BCR2DN4T', gateway: 'example', gatewayMerchantId: 'acc_1' },
};
const ADDRESS = { name: 'Ada Lovelace', address1: '1 High Street', locality: 'London', postalCode: 'SW1A 1AA', countryCode: 'GB' };

/** Apple Pay and Google Pay of a browser; `seen` has what they were asked and told. */
function play({ token, refuses, address, apple }) {
  const seen = { asked: [], told: [] };
  globalThis.seen = seen;
  class Session {
    static STATUS_SUCCESS = 0;
    static STATUS_FAILURE = 1;
    static supportsVersion = () => true;
    static canMakePayments = () => true;

    constructor(version, request) { seen.asked.push(request); }

    begin() { this.onvalidatemerchant({ validationURL: 'https://elsewhere.example/' }); }

    completeMerchantValidation(session) {
      seen.told.push(session);
      if (refuses) return this.oncancel();
      const { name, address1, ...rest } = address;
      const [givenName, familyName] = name.split(' ');
      const contact = { ...rest, givenName, familyName, addressLines: [address1], emailAddress: 'ada@example.com' };
      return this.onpaymentauthorized({ payment: { token, billingContact: contact, shippingContact: contact } });
    }

    completePayment({ status }) { seen.told.push(status); }

    abort() { seen.told.push('aborted'); }
  }
  globalThis.ApplePaySession = apple ? Session : undefined;
  globalThis.PaymentRequest = class {
    constructor([{ supportedMethods, data }], details) { seen.asked.push({ supportedMethods, data, details }); }

    async canMakePayment() { return true; }

    async show() {
      if (refuses) throw new DOMException('The payer closed it.', 'AbortError');
      const details = { email: 'ada@example.com', shippingAddress: address, paymentMethodData: { info: { billingAddress: address }, tokenizationData: { token } } };
      return { details, complete: async (how) => { seen.told.push(how); } };
    }
  };
}

/** A page with a wallet component whose browser has such wallets. */
const withWallet = (wallet, use, { card = 0, refuses = false, session = { status: 200, json: { signature: 'apple' } } } = {}) => visit(
  all.browser, [all.server.origin, all.shop.origin], WIDE, async (page, tools) => {
    const { id } = await all.server.create({ paymentMethods: ['Wallet'] });
    const secret = await all.server.renew(id);
    const response = await fetch(`${all.server.origin}/wallet-sheet/${secret}/token`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ card, wallet }),
    });
    const { token } = await response.json();
    await page.context().route('**/api/payments/*/wallets*', (route) => route.fulfill({ json: OFFER }));
    const leaves = [];
    await page.context().route('**/apple-pay/session*', (route) => {
      leaves.push(route.request().postDataJSON());
      return route.fulfill(session);
    });
    await page.addInitScript(play, { token, refuses, address: ADDRESS, apple: wallet === 'APPLE_PAY' });
    await page.goto(all.shop.origin);
    await mountWallet(page, secret, { emailRequired: true, billingAddressRequired: true, shippingAddressRequired: true });
    await noted(page, 'loaded');
    await frameAt(page).getByRole('button', { name: 'Pay with wallet' }).click();
    const seen = () => page.frames()[1].evaluate(() => globalThis.seen);
    await use({ page, id, seen, leaves, ...tools });
  },
);

async function outcome(page) {
  await noted(page, 'paid');
  return (await notes(page, 'paid'))[0][0];
}

async function paid(page, id, walletType) {
  assert.equal((await outcome(page)).statusCode, 0);
  const intent = await all.server.intent(id);
  assert.equal(intent.paymentDetails.card.walletType, walletType);
  assert.equal(intent.customer.emailAddress, 'ada@example.com');
  assert.equal(intent.billingAddress.postcode, 'SW1A 1AA');
  assert.equal(intent.shippingDetails.name, 'Ada Lovelace');
}

test('Apple Pay is asked for the amount, with Apple’s session for the shop’s domain', async () => {
  await withWallet('APPLE_PAY', async ({ page, id, seen, leaves }) => {
    await paid(page, id, 'APPLE_PAY');
    const { asked, told } = await seen();
    assert.deepEqual(asked[0].total, { label: 'Corner Shop', amount: '10.00', type: 'final' });
    assert.deepEqual(asked[0].merchantCapabilities, ['supports3DS']);
    assert.deepEqual(asked[0].requiredBillingContactFields, ['name', 'postalAddress']);
    assert.deepEqual(asked[0].requiredShippingContactFields, ['email', 'name', 'postalAddress']);
    assert.deepEqual(leaves, [{ domain: 'localhost' }]);
    assert.deepEqual(told, [{ signature: 'apple' }, 0]);
  });
});

test('Google Pay is asked for the amount, for our gateway', async () => {
  await withWallet('GOOGLE_PAY', async ({ page, id, seen }) => {
    await paid(page, id, 'GOOGLE_PAY');
    const { asked, told } = await seen();
    const { supportedMethods, data, details } = asked.at(-1);
    assert.equal(supportedMethods, 'https://google.com/pay');
    assert.deepEqual(details.total.amount, { currency: 'GBP', value: '10.00' });
    assert.equal(data.transactionInfo.totalPrice, '10.00');
    const [method] = data.allowedPaymentMethods;
    assert.deepEqual(method.tokenizationSpecification, { type: 'PAYMENT_GATEWAY', parameters: { gateway: 'example', gatewayMerchantId: 'acc_1' } });
    assert.equal(method.parameters.billingAddressRequired, true);
    assert.deepEqual([data.emailRequired, data.shippingAddressRequired], [true, true]);
    assert.deepEqual(told, ['success']);
  });
});

for (const [wallet, failed] of [['APPLE_PAY', 1], ['GOOGLE_PAY', 'fail']]) {
  test(`${wallet} is told of a decline`, async () => {
    await withWallet(wallet, async ({ page, seen }) => {
      assert.equal((await outcome(page)).statusCode, 5);
      assert.equal((await seen()).told.at(-1), failed);
    }, { card: 2 });
  });

  test(`${wallet} is left by the payer`, async () => {
    await withWallet(wallet, async ({ page, id }) => {
      await noted(page, 'cancelled');
      assert.deepEqual(await notes(page, 'paid'), []);
      assert.equal((await all.server.intent(id)).status, 'Created');
    }, { refuses: true });
  });
}

test('without a session from Apple the sheet is closed and nothing is paid', async () => {
  await withWallet('APPLE_PAY', async ({ page, id, seen, complained }) => {
    const { statusCode, message } = await outcome(page);
    assert.equal(statusCode, 400);
    assert.match(message, /Nothing was taken/);
    assert.deepEqual((await seen()).told, ['aborted']);
    assert.equal((await all.server.intent(id)).status, 'Created');
    await complained(/503/);
  }, { session: { status: 503, json: {} } });
});
