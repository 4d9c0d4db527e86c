// What a payer can rely on: the amount on the page is the one that is taken, other
// windows and readers take nothing away, and a broken line loses nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, MIDDLE, PHONE, SHOP, WIDE, approve, fill, launch, look, standing, theBank, visit } from './browser.mjs';
import { start } from './server.mjs';

const SIZES = [WIDE, MIDDLE, PHONE];

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

const open = (viewport, use, options) => visit(browser, server.origin, viewport, use, options);
const gbp = (value) => ({ value, currencyCode: 'GBP' });
const changeable = { config: { payment: { customAmountAllowed: true, tipsAllowed: true } } };
const told = (page) => page.locator('#error-summary:visible');

/** Changes an order on the shop's server. */
async function change(id, operation, body) {
  const response = await fetch(`${server.origin}/payment-intents/${id}/${operation}`, {
    method: 'POST',
    headers: { authorization: `Basic ${server.key}`, version: '2026-02-27', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.text());
}

const CHANGES = {
  amount: (id) => change(id, 'amount', { amount: gbp(5000) }),
  tips: (id) => change(id, 'tips-amount', { tipsAmount: gbp(4000) }),
};

/** The page shows what is to be paid now, has taken nothing, and waits. */
async function seesFifty(page, id) {
  await told(page).filter({ hasText: /amount has changed/i }).waitFor();
  await page.locator('#pay:enabled:not([aria-busy="true"])').waitFor();
  assert.match(await page.locator('#amount').innerText(), /£50\.00/);
  assert.match(await page.locator('#pay').innerText(), /£50\.00/);
  assert.match(await page.title(), /£50\.00/);
  assert.equal((await server.intent(id)).status, 'Created');
}

async function paysFifty(page, id) {
  await page.locator('#pay').click();
  await standing(page, 'paid');
  const paid = await server.intent(id);
  assert.equal(paid.status, 'Captured');
  assert.equal(paid.totalAmount.value, 5000);
}

for (const viewport of SIZES) {
  for (const [what, changed] of Object.entries(CHANGES)) {
    test(`an amount changed by ${what} is shown before it is taken at ${viewport.width}px`, async () => {
      const { id, paymentLink } = await server.create(changeable);
      await open(viewport, async (page, { expectComplaints }) => {
        await page.goto(paymentLink);
        await fill(page, CARDS.approved);
        await changed(id);
        assert.match(await page.locator('#pay').innerText(), /£10\.00/);
        await page.locator('#pay').click();
        await seesFifty(page, id);
        await look(page, `amount-changed-${what}`);
        assert.equal(await page.locator('#card-number').inputValue(), '4456 5300 0000 1005', 'what was typed is kept');
        await paysFifty(page, id);
        expectComplaints(/401|409/);
      });
    });
  }
}

test('an amount changed after a decline is shown before it is taken', async () => {
  const { id, paymentLink } = await server.create(changeable);
  await open(WIDE, async (page, { expectComplaints }) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.declined);
    await page.locator('#pay').click();
    await told(page).waitFor();
    await page.locator('#pay:not([aria-busy="true"])').waitFor();
    await CHANGES.amount(id);
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await seesFifty(page, id);
    await paysFifty(page, id);
    expectComplaints(/401|409/);
  });
});

test('an amount changed while the card is being declined is shown with the decline', async () => {
  const { id, paymentLink } = await server.create(changeable);
  await open(WIDE, async (page, { expectComplaints }) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.declined);
    await page.route('**/session', async (route) => {
      await CHANGES.amount(id);
      await route.continue();
    }, { times: 1 });
    await page.locator('#pay').click();
    await seesFifty(page, id);
    assert.match(await told(page).innerText(), /declined/i);
    await look(page, 'declined-and-changed');
    await fill(page, CARDS.approved);
    await paysFifty(page, id);
    expectComplaints(/409/);
  });
});

test('an amount changed while a saved card is chosen is shown before it is taken', async () => {
  const { id: customer } = await server.createCustomer({});
  const order = async () => {
    const { secret } = await server.createSecret(customer);
    return server.create({ ...changeable, paymentMethods: ['SavedCard', 'Card'], customer: { id: customer, secret } });
  };
  await open(WIDE, async (page, { expectComplaints }) => {
    const first = await order();
    await page.goto(first.paymentLink);
    await fill(page, CARDS.approved);
    await page.locator('#save-card').check();
    await page.locator('#pay').click();
    await standing(page, 'paid');

    const { id, paymentLink } = await order();
    await page.goto(paymentLink);
    await page.locator('#saved-cv2').fill('020');
    await CHANGES.tips(id);
    await page.locator('#pay').click();
    await seesFifty(page, id);
    await look(page, 'amount-changed-saved-card');
    await paysFifty(page, id);
    expectComplaints(/401|409/);
  });
});

for (const viewport of [WIDE, PHONE]) {
  test(`an amount changed while the payer is at the bank is not taken at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await server.create(changeable);
    await open(viewport, async (page, { expectComplaints }) => {
      await page.goto(paymentLink);
      await fill(page, CARDS.challenge);
      await page.locator('#pay').click();
      const bank = await theBank(page);
      await CHANGES.amount(id);
      await approve(bank);
      await seesFifty(page, id);
      await look(page, 'amount-changed-at-bank');
      await fill(page, CARDS.approved);
      await paysFifty(page, id);
      expectComplaints(/401|409/);
    });
  });
}

test('two windows with the old amount are both shown the new one', async () => {
  const { id, paymentLink } = await server.create(changeable);
  await open(WIDE, async (page, { expectComplaints }) => {
    const other = await page.context().newPage();
    for (const window of [page, other]) {
      await window.goto(paymentLink);
      await fill(window, CARDS.approved);
    }
    await CHANGES.amount(id);
    for (const window of [page, other]) {
      await window.locator('#pay').click();
      await seesFifty(window, id);
    }
    await paysFifty(page, id);
    await other.locator('#pay').click();
    await standing(other, 'paid');
    expectComplaints(/401|409/);
  });
  assert.equal((await server.intent(id)).paymentEvents.length, 1);
});

for (const kind of ['payment', 'setup']) {
  test(`a ${kind} goes on at the bank while its link is read by others`, async () => {
    const setup = kind === 'setup';
    const { id } = setup ? await server.setUp() : await server.create();
    await open(WIDE, async (page) => {
      await page.goto(server.link(id));
      await fill(page, CARDS.challenge);
      if (setup) await page.locator('#consent').check();
      await page.locator('#pay').click();
      const bank = await theBank(page);
      for (const method of ['GET', 'HEAD']) await fetch(server.link(id), { method });
      const other = await page.context().newPage();
      await other.goto(server.link(id));
      await other.locator('#pay:enabled').waitFor();
      await approve(bank);
      await standing(page, setup ? 'saved' : 'paid');
    });
    const { status } = setup ? await server.setup(id) : await server.intent(id);
    assert.equal(status, setup ? 'Authorized' : 'Captured');
  });
}

for (const viewport of SIZES) {
  test(`a window that was overtaken says so at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await server.create();
    await open(viewport, async (page, { expectComplaints }) => {
      await page.goto(paymentLink);
      await fill(page, CARDS.challenge);
      await page.locator('#pay').click();
      const bank = await theBank(page);
      const other = await page.context().newPage();
      await other.goto(paymentLink);
      await fill(other, CARDS.declined);
      await other.locator('#pay').click();
      await told(other).waitFor();
      await approve(bank);
      await told(page).filter({ hasText: /another window/ }).waitFor();
      await look(page, 'overtaken');
      assert.equal((await server.intent(id)).status, 'Created');
      await page.locator('#pay:enabled').waitFor();
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'paid');
      expectComplaints(/40[0139]/);
    });
  });
}

const misplaced = {
  config: {
    customerEmail: { collectionRequired: true }, billingAddress: { collectionRequired: true }, shippingDetails: { collectionRequired: true },
  },
};
const RIGHT = {
  email: 'ada@example.com', 'billing-address1': '1 High Street', 'billing-address2': '', 'billing-city': 'London', 'billing-postcode': 'N1 1AA',
  'shipping-name': 'Mary', 'shipping-address1': '2 Low Street', 'shipping-city': 'Leeds', 'shipping-postcode': 'LS1 1AA',
};

for (const viewport of SIZES) {
  test(`a card number in another field is named before anything is sent at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await server.create(misplaced);
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#same-address').uncheck();
      const sent = [];
      page.on('request', (request) => { if (request.method() === 'POST') sent.push(request.url()); });
      for (const [field, written] of [
        ['email', '4456530000001005@example.com'], ['billing-address1', '4456 5300 0000 1005'], ['billing-address2', '4456-5300-0000-1005'],
        ['billing-city', '4456530000001005'], ['shipping-name', '44565300 00001005'], ['shipping-address1', 'no. 4456530000001005'],
        ['card-name', 'Ada 4456530000001005'], ['billing-address1', '４４５６５３００００００１００５'],
      ]) {
        await fill(page, CARDS.approved, { ...RIGHT, [field]: written });
        await page.locator('#pay').click();
        await page.locator(`#${field}-error:visible`).filter({ hasText: /card number/i }).waitFor();
        assert.equal(await page.locator(`#${field}`).getAttribute('aria-invalid'), 'true');
        assert.match(await told(page).innerText(), /card number/i);
        if (field === 'billing-address2') await look(page, 'misplaced-number');
      }
      assert.deepEqual(sent, []);
      await fill(page, CARDS.approved, RIGHT);
      await page.locator('#pay').click();
      await standing(page, 'paid');
    });
    assert.equal((await server.intent(id)).billingAddress.address1, '1 High Street');
  });
}

test('the number of a saved card in another field is named by the server', async () => {
  const { id: customer } = await server.createCustomer({});
  const order = async (changes) => {
    const { secret } = await server.createSecret(customer);
    return server.create({ ...changes, paymentMethods: ['SavedCard', 'Card'], customer: { id: customer, secret } });
  };
  await open(WIDE, async (page, { expectComplaints }) => {
    const first = await order({});
    await page.goto(first.paymentLink);
    await fill(page, CARDS.approved);
    await page.locator('#save-card').check();
    await page.locator('#pay').click();
    await standing(page, 'paid');
    const { paymentLink } = await order(misplaced);
    await page.goto(paymentLink);
    for (const [field, value] of Object.entries(RIGHT)) {
      if (!field.startsWith('shipping')) await page.locator(`#${field}`).fill(value);
    }
    await page.locator('#billing-city').fill('4456 5300 0000 1005');
    await page.locator('#saved-cv2').fill('020');
    await page.locator('#pay').click();
    await page.locator('#billing-city-error:visible').filter({ hasText: /card number/ }).waitFor();
    await page.locator('#billing-city').fill('London');
    await page.locator('#pay').click();
    await standing(page, 'paid');
    expectComplaints(/400/);
  });
});

test('what the merchant gave is filled in and can be paid with', async () => {
  const { id, paymentLink } = await server.create({
    ...misplaced,
    customer: { emailAddress: 'ada@example.com' },
    billingAddress: { address1: '1 High Street', address3: 'North Wing', city: 'Paris', postcode: '75001', countryCode: 'FR' },
    shippingDetails: { name: 'Mary', deliveryNotes: 'Ring twice', address: { address1: '2 Low Street', city: 'Lyon', postcode: '69001', countryCode: 'FR' } },
  });
  for (const viewport of SIZES) {
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      await look(page, 'filled-in');
      assert.equal(await page.locator('#email').inputValue(), 'ada@example.com');
      assert.equal(await page.locator('#billing-country').inputValue(), 'FR');
      assert.equal(await page.locator('#shipping-city').inputValue(), 'Lyon');
      assert.ok(!await page.locator('#same-address').isChecked());
      if (viewport !== PHONE) return;
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'paid');
    });
  }
  const paid = await server.intent(id);
  assert.equal(paid.billingAddress.address3, 'North Wing');
  assert.equal(paid.billingAddress.countryCode, 'FR');
  assert.equal(paid.shippingDetails.deliveryNotes, 'Ring twice');
  assert.equal(paid.shippingDetails.name, 'Mary');
});

test('a payment that this page cannot take says so and leads back', async () => {
  const { id } = await server.create({ paymentMethods: ['SavedCard'], config: { cancelUrl: `${SHOP}/cart` } });
  for (const viewport of SIZES) {
    await open(viewport, async (page) => {
      await page.goto(server.link(id));
      await standing(page, 'no-way');
      await look(page, 'state-no-way');
      assert.equal(await page.locator('#card-number').count(), 0);
      assert.equal(await page.locator('#cancel-link').getAttribute('href'), `${SHOP}/cart`);
    });
  }
});

test('where only saved cards may pay, no other is asked for, and a named one is preferred from then on', async () => {
  const { id: customer } = await server.createCustomer({});
  const order = async (paymentMethods, named = {}) => {
    const { secret } = await server.createSecret(customer);
    return server.create({ paymentMethods, customer: { id: customer, secret, ...named } });
  };
  const kept = [];
  for (const viewport of [WIDE, PHONE]) {
    await open(viewport, async (page) => {
      for (const number of kept.length ? [] : [CARDS.approved, '5200000000001005']) {
        const { id, paymentLink } = await order(['SavedCard', 'Card']);
        await page.goto(paymentLink);
        const other = page.locator('#other-card');
        await page.locator('#pay:enabled').waitFor();
        if (await other.isVisible()) await other.check();
        await fill(page, number);
        await page.locator('#save-card').check();
        await page.locator('#pay').click();
        await standing(page, 'paid');
        kept.push((await server.intent(id)).paymentDetails.paymentMethodId);
      }
      await order(['SavedCard'], { savedCardId: kept[0] });
      const { id, paymentLink } = await order(['SavedCard']);
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      assert.match(await page.locator('.saved-card').first().innerText(), /Visa ending 1005/);
      assert.ok(await page.locator('.saved-card input').first().isChecked());
      assert.equal(await page.locator('#card-number').count(), 0);
      assert.equal(await page.locator('#other-card').count(), 0);
      await look(page, 'saved-cards-only');
      await page.locator('#saved-cv2').fill('020');
      await page.locator('#pay').click();
      await standing(page, 'paid');
      assert.equal((await server.intent(id)).paymentDetails.paymentMethodId, kept[0]);
    });
  }
});
