// Paying at the hosted checkout.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, PHONE, SHOP, WIDE, fill, launch, look, standing, testCard, theBank, visit } from './browser.mjs';
import { start } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

const both = [WIDE, PHONE];
const open = (viewport, use, options) => visit(browser, server.origin, viewport, use, options);

for (const viewport of both) {
  test(`pays without 3-D Secure at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await server.create({ description: 'Two cups' });
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      await look(page, 'pay');
      assert.match(await page.locator('#sandbox-label').innerText(), /sandbox/i);
      assert.match(await page.locator('#amount').innerText(), /£10\.00/);
      await fill(page, CARDS.approved);
      assert.equal(await page.locator('#card-number').inputValue(), '4456 5300 0000 1005');
      assert.equal(await page.locator('#card-scheme').innerText(), 'Visa');
      assert.equal(await page.locator('#expiry').inputValue(), '12 / 39');
      await look(page, 'pay-filled');
      await page.locator('#pay').click();
      await standing(page, 'paid');
      await look(page, 'paid');
      assert.match(await page.locator('#state').innerText(), /1005/);
    });
    assert.equal((await server.intent(id)).status, 'Captured');
  });

  test(`passes a 3-D Secure challenge at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await server.create();
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await fill(page, CARDS.challenge);
      await page.locator('#pay').click();
      const bank = await theBank(page);
      await bank.locator('#code').waitFor();
      await look(page, 'challenge');
      await bank.locator('#code').fill('000000');
      await bank.locator('#approve').click();
      await bank.locator('#code-error').waitFor();
      await look(page, 'challenge-wrong-code');
      await bank.locator('#code').fill('123456');
      await bank.locator('#approve').click();
      await standing(page, 'paid');
    });
    const intent = await server.intent(id);
    assert.equal(intent.status, 'Captured');
    assert.deepEqual(intent.paymentEvents.map((event) => event.eventType), ['AuthChallenged', 'Captured']);
  });

  for (const decision of ['refuse', 'cancel']) {
    test(`may ${decision} at the bank and pay with another card at ${viewport.width}px`, async () => {
      const { id, paymentLink } = await server.create();
      await open(viewport, async (page) => {
        await page.goto(paymentLink);
        await fill(page, CARDS.challenge);
        await page.locator('#pay').click();
        const bank = await theBank(page);
        await bank.locator(`#${decision}`).click();
        await page.locator('#error-summary:visible').waitFor();
        await page.locator('#pay:enabled').waitFor();
        await look(page, `challenge-${decision}`);
        assert.equal((await server.intent(id)).status, 'Created');
        await fill(page, CARDS.approved);
        await page.locator('#pay').click();
        await standing(page, 'paid');
      });
      assert.equal((await server.intent(id)).status, 'Captured');
    });
  }

  test(`is declined and tries again at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await server.create();
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await fill(page, CARDS.declined);
      await page.locator('#pay').click();
      await page.locator('#error-summary:visible').waitFor();
      await page.locator('#pay:enabled').waitFor();
      assert.match(await page.locator('#error-summary').innerText(), /declined/i);
      assert.equal(await page.locator('#cv2').inputValue(), '', 'the security code is not kept');
      await look(page, 'declined');
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'paid');
    });
    const events = (await server.intent(id)).paymentEvents.map((event) => event.eventType);
    assert.deepEqual(events, ['Declined', 'Captured']);
  });

  test(`names every wrong field and keeps the rest at ${viewport.width}px`, async () => {
    const config = { customerEmail: { collectionRequired: true } };
    const { id, paymentLink } = await server.create({ config });
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay').click();
      await page.locator('#error-summary:visible').waitFor();
      for (const field of ['email', 'card-number', 'expiry', 'cv2', 'card-name']) {
        assert.ok(await page.locator(`#${field}-error`).isVisible(), field);
        assert.equal(await page.locator(`#${field}`).getAttribute('aria-invalid'), 'true', field);
      }
      await look(page, 'errors-empty');
      await fill(page, '4456530000001006', { expiry: '0120', cv2: '1', email: 'nobody' });
      await page.locator('#pay').click();
      for (const field of ['email', 'card-number', 'expiry', 'cv2']) {
        assert.ok(await page.locator(`#${field}-error`).isVisible(), field);
      }
      assert.ok(await page.locator('#card-name-error').isHidden());
      await look(page, 'errors-wrong');
      assert.equal((await server.intent(id)).status, 'Created');
      await fill(page, CARDS.approved, { email: 'ada@example.com' });
      await page.locator('#pay').click();
      await standing(page, 'paid');
    });
    const paid = await server.intent(id);
    assert.equal(paid.customer.emailAddress, 'ada@example.com');
  });

  test(`shows the whole order and takes addresses at ${viewport.width}px`, async () => {
    const gbp = (value) => ({ value, currencyCode: 'GBP' });
    const { id, paymentLink } = await server.create({
      amount: gbp(1510),
      tipsAmount: gbp(90),
      description: 'A parcel for the dog',
      itemLines: [
        { id: '1', quantity: 4, name: 'Dog socks', amountTotal: gbp(400), modifiers: [{ id: 'm', name: 'Warm', quantity: 1, amountPerModifier: gbp(10) }] },
        { id: '2', quantity: 1, name: 'Dog bandana', amountTotal: gbp(600) },
      ],
      taxLines: [{ id: 'vat', caption: 'VAT', subCaption: '20%', amountTotal: gbp(10) }],
      config: {
        title: 'The Company of Extraordinarily Long Names and Sons',
        details: { showTotal: true, showReference: true },
        customerEmail: { collectionRequired: true },
        billingAddress: { collectionRequired: true },
        shippingDetails: { collectionRequired: true },
        cancelUrl: `${SHOP}/cart?a=1&amp;b=2`,
      },
    });
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      const words = await page.locator('main').innerText();
      for (const shown of ['Dog socks', 'Dog bandana', 'VAT', '20%', '£4.00', '£16.00', 'Order-0001', 'A parcel for the dog', 'The Company']) {
        assert.ok(words.includes(shown), shown);
      }
      assert.equal(await page.locator('#cancel-link').getAttribute('href'), `${SHOP}/cart?a=1&b=2`);
      await look(page, 'order');
      await page.locator('#same-address').uncheck();
      await fill(page, CARDS.approved, {
        email: 'ada@example.com',
        'billing-address1': '1 High Street', 'billing-city': 'London', 'billing-postcode': 'N1 1AA',
        'shipping-name': 'Mary', 'shipping-address1': '2 Low Street', 'shipping-city': 'Leeds', 'shipping-postcode': 'LS1 1AA',
      });
      await look(page, 'order-filled');
      await page.locator('#pay').click();
      await standing(page, 'paid');
    });
    const paid = await server.intent(id);
    assert.equal(paid.billingAddress.address1, '1 High Street');
    assert.equal(paid.billingAddress.countryCode, 'GB');
    assert.equal(paid.shippingDetails.name, 'Mary');
    assert.equal(paid.shippingDetails.address.city, 'Leeds');
  });

  test(`tells how a payment stands that is not to be paid at ${viewport.width}px`, async () => {
    const canceled = await server.create();
    await server.cancel(canceled.id);
    const expireAt = new Date(Date.now() + 365 * 24 * 3600 * 1000).toISOString();
    const paid = await server.create({ expireAt });
    const refunded = await server.create({ expireAt });
    const reversed = await server.create({ expireAt });
    for (const { id } of [paid, refunded, reversed]) await server.pay(id, CARDS.approved);
    await server.refund(refunded.id, 1000);
    await server.reverse(reversed.id);
    for (const [id, state] of [
      [canceled.id, 'canceled'], [paid.id, 'paid'], [refunded.id, 'refunded'], [reversed.id, 'reversed'],
      ['pi_sandbox_0123456789012345678901', 'unknown'], ['nonsense', 'unknown'],
    ]) {
      await open(viewport, async (page, { expectComplaints }) => {
        const response = await page.goto(server.link(id));
        await standing(page, state);
        await look(page, `state-${state}`);
        assert.equal(await page.locator('#card-number').count(), 0);
        assert.equal(response.status(), state === 'unknown' ? 404 : 200);
        expectComplaints(/404/);
      });
    }
  });
}

test('tells that a link has expired', async () => {
  const { id } = await server.create();
  await server.advance('31.00:00:00');
  for (const viewport of both) {
    await open(viewport, async (page) => {
      await page.goto(server.link(id));
      await standing(page, 'expired');
      await look(page, 'state-expired');
    });
  }
});

test('returns to the shop with the id in the query', async () => {
  for (const [redirectUrl, returned] of [
    [`${SHOP}/done`, (id) => `${SHOP}/done?id=${id}`],
    [`${SHOP}/?wc-api=wc_dojo`, (id) => `${SHOP}/?wc-api=wc_dojo&id=${id}`],
  ]) {
    const { id, paymentLink } = await server.create({ config: { redirectUrl } });
    await open(WIDE, async (page) => {
      await page.goto(paymentLink);
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await page.waitForURL(returned(id));
    });
    assert.equal((await server.intent(id)).status, 'Captured');
  }
});

test('a link opened again after paying says so and leads back', async () => {
  const { id, paymentLink } = await server.create({ config: { redirectUrl: `${SHOP}/done` } });
  await server.pay(id, CARDS.approved);
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await standing(page, 'paid');
    assert.equal(await page.locator('#return-link').getAttribute('href'), `${SHOP}/done?id=${id}`);
  });
});

test('can be paid with the keyboard alone', async () => {
  const { id, paymentLink } = await server.create({ config: { customerEmail: { collectionRequired: true } } });
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await page.locator('#pay:enabled').waitFor();
    const typed = {
      email: 'ada@example.com', 'card-number': CARDS.challenge, expiry: '1239', cv2: '020', 'card-name': 'Ada Lovelace',
    };
    const reached = [];
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => document.activeElement?.id ?? '');
      if (at in typed) {
        reached.push(at);
        await page.keyboard.type(typed[at]);
      }
      if (at === 'pay') break;
    }
    assert.deepEqual(reached.sort(), Object.keys(typed).sort());
    await look(page, 'keyboard');
    await page.keyboard.press('Enter');
    const bank = await theBank(page);
    await bank.locator('#code').waitFor();
    for (let presses = 0; presses < 20; presses += 1) {
      const at = await bank.evaluate(() => (document.hasFocus() ? document.activeElement?.id : ''));
      if (at === 'code') break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.type('123456');
    await page.keyboard.press('Enter');
    await standing(page, 'paid');
  });
  assert.equal((await server.intent(id)).status, 'Captured');
});

test('a challenge that is closed lets the payer try again', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.challenge);
    await page.locator('#pay').click();
    const bank = await theBank(page);
    await bank.locator('#code').waitFor();
    await page.locator('#challenge-close').click();
    await page.locator('#error-summary:visible').waitFor();
    await page.locator('#pay:enabled').waitFor();
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
  });
  assert.equal((await server.intent(id)).status, 'Captured');
});

test('an absent card holder is not sent to a bank', async () => {
  const { id, paymentLink } = await server.create({ cardHolderNotPresent: true });
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.challenge);
    await page.locator('#pay').click();
    await standing(page, 'paid');
  });
  assert.equal((await server.intent(id)).status, 'Captured');
});

test('a clerk whose customer\'s card is declined takes another', async () => {
  const { id, paymentLink } = await server.create({ cardHolderNotPresent: true });
  await open(PHONE, async (page) => {
    await page.goto(paymentLink);
    await page.locator('#pay:enabled').waitFor();
    assert.match(await page.locator('#payment-title').innerText(), /virtual terminal/i);
    const completed = page.locator('form [autocomplete]:not([autocomplete="off"])');
    assert.equal(await completed.count(), 0, 'nothing is filled in by the browser');
    await look(page, 'terminal');
    await fill(page, CARDS.declined);
    await page.locator('#pay').click();
    await page.locator('#error-summary:visible').waitFor();
    await page.locator('#pay:enabled').waitFor();
    assert.match(await page.locator('#error-summary').innerText(), /customer's bank/i);
    await look(page, 'terminal-declined');
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    await look(page, 'terminal-paid');
  });
  assert.equal((await server.intent(id)).status, 'Captured');
});

test('an answer that takes long is waited for', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await fill(page, await testCard(server.origin, 'slow'));
    await page.locator('#pay').click();
    await page.locator('#pay[aria-busy="true"]').waitFor();
    await look(page, 'paying');
    await standing(page, 'paid');
  });
  assert.equal((await server.intent(id)).status, 'Captured');
});

test('an open page whose session is over still pays once', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page, { expectComplaints }) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.approved);
    await server.advance('00:31:00');
    await page.locator('#pay').click();
    await standing(page, 'paid');
    expectComplaints(/401/);
  });
  const { status, paymentEvents } = await server.intent(id);
  assert.equal(status, 'Captured');
  assert.equal(paymentEvents.length, 1);
});

test('two windows pay once', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page, { expectComplaints }) => {
    const other = await page.context().newPage();
    for (const window of [page, other]) {
      await window.goto(paymentLink);
      await fill(window, CARDS.approved);
    }
    await page.locator('#pay').click();
    await standing(page, 'paid');
    await other.locator('#pay').click();
    await standing(other, 'paid');
    expectComplaints(/401|409/);
  });
  assert.equal((await server.intent(id)).paymentEvents.length, 1);
});

test('the pages for developers are in order', async () => {
  for (const viewport of both) {
    await open(viewport, async (page) => {
      await page.goto(`${server.origin}/docs/test-cards`);
      await look(page, 'test-cards');
      await page.goto(server.origin);
      await look(page, 'front');
    });
    await open(viewport, async (page) => {
      await page.goto(`${server.origin}/sandbox/mailbox`);
      await look(page, 'mailbox');
    }, { session: server });
  }
});

test('no page allows inline script or other hosts', async () => {
  const { paymentLink } = await server.create();
  for (const url of [paymentLink, server.link('nonsense'), `${server.origin}/docs/test-cards`]) {
    const policy = (await fetch(url)).headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/, url);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*|data:/, url);
  }
});
