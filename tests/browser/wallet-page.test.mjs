// The wallet's button on the payment page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, MIDDLE, PHONE, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
import { start } from './server.mjs';

let server;
let browser;
before(async () => { [server, browser] = await Promise.all([start(), launch()]); });
after(async () => {
  await browser?.close();
  server?.stop();
});

const WALLET = { paymentMethods: ['Card', 'Wallet'] };
const ALL = {
  customerEmail: { collectionRequired: true }, billingAddress: { collectionRequired: true }, shippingDetails: { collectionRequired: true },
};

/** The page of an order, with the wallet's button there. */
const withWallet = (use, { viewport = WIDE, order = WALLET, query = '', ...options } = {}) => visit(browser, server.origin, viewport, async (page, tools) => {
  const { id } = await server.create(order);
  await page.goto(`${server.link(id)}${query}`);
  const button = page.getByRole('button', { name: /wallet/i });
  await button.waitFor();
  await use({ page, id, button, sheet: page.getByRole('dialog'), ...tools });
}, options);

const confirm = (sheet, name = 'Confirm') => sheet.getByRole('button', { name }).click();

async function isPaid(page, id) {
  await standing(page, 'paid');
  const intent = await server.intent(id);
  assert.equal(intent.status, 'Captured');
  return intent;
}

for (const viewport of [WIDE, MIDDLE, PHONE]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`a wallet pays on the ${colorScheme} page at ${viewport.width}px`, async () => {
      await withWallet(async ({ page, id, button, sheet }) => {
        await look(page, `wallet-page-${colorScheme}`);
        await button.click();
        await sheet.waitFor();
        assert.match(await sheet.innerText(), /£10\.00/);
        await look(page, `wallet-page-sheet-${colorScheme}`);
        await confirm(sheet);
        const { paymentDetails } = await isPaid(page, id);
        assert.equal(paymentDetails.card.walletType, 'GOOGLE_PAY');
        assert.match(paymentDetails.card.cardNumber, /1005$/);
      }, { viewport, colorScheme });
    });
  }
}

test('a declined wallet is told, and a card pays then', async () => {
  await withWallet(async ({ page, id, button, sheet }) => {
    await button.click();
    await sheet.getByRole('radio', { name: /declined/ }).check();
    await confirm(sheet);
    await page.locator('#error-summary', { hasText: /declined/ }).waitFor();
    assert.equal((await server.intent(id)).status, 'Created');
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await isPaid(page, id);
  });
});

for (const [how, cancel] of Object.entries({
  'the button': ({ sheet }) => confirm(sheet, 'Cancel'),
  Escape: async ({ page, sheet }) => {
    await sheet.waitFor();
    await page.keyboard.press('Escape');
  },
})) {
  test(`a sheet that is left by ${how} can be opened again`, async () => {
    await withWallet(async (it) => {
      const { page, id, button, sheet } = it;
      await button.click();
      await cancel(it);
      await page.locator('#wallet:focus').waitFor();
      assert.equal((await server.intent(id)).paymentEvents.length, 0);
      await button.click();
      await confirm(sheet);
      await isPaid(page, id);
    });
  });
}

test('the sheet asks for what the shop asks for', async () => {
  await withWallet(async ({ page, id, button, sheet }) => {
    await button.click();
    await confirm(sheet);
    await sheet.locator('#wallet-email-error:visible').waitFor();
    await look(page, 'wallet-page-errors');
    await sheet.getByLabel('E-mail address').fill('ada@example.com');
    for (const legend of ['Billing address', 'Delivery address']) {
      const part = sheet.getByRole('group', { name: legend });
      await part.getByLabel('Name').fill('Ada Lovelace');
      await part.getByLabel('Address', { exact: true }).fill('1 High Street');
      await part.getByLabel('Town or city').fill('London');
      await part.getByLabel('Postcode').fill('SW1A 1AA');
      await part.getByLabel('Country').selectOption('GB');
    }
    await confirm(sheet);
    const intent = await isPaid(page, id);
    assert.equal(intent.customer.emailAddress, 'ada@example.com');
    assert.equal(intent.billingAddress.postcode, 'SW1A 1AA');
    assert.equal(intent.shippingDetails.address.city, 'London');
  }, { viewport: PHONE, order: { ...WALLET, config: ALL } });
});

test('an order that is paid with a wallet alone has no card form', async () => {
  await withWallet(async ({ page, id, button, sheet }) => {
    assert.equal(await page.locator('#card-number').count(), 0);
    assert.equal(await page.locator('#pay').isVisible(), false);
    assert.equal(await page.locator('#email').count(), 0, 'the sheet asks for it');
    await look(page, 'wallet-page-alone');
    await button.click();
    await sheet.getByLabel('E-mail address').fill('ada@example.com');
    await confirm(sheet);
    await isPaid(page, id);
  }, { order: { paymentMethods: ['Wallet'], config: { customerEmail: { collectionRequired: true } } } });
});

test('an order that takes no wallet has no button', async () => {
  await visit(browser, server.origin, WIDE, async (page) => {
    const { id } = await server.create();
    await page.goto(server.link(id));
    await page.locator('#pay:enabled').waitFor();
    assert.equal(await page.getByRole('button', { name: /wallet/i }).count(), 0);
    assert.equal(await page.getByTestId('method-missing').count(), 0);
  });
});

test('a browser without a wallet is told', async () => {
  await visit(browser, server.origin, WIDE, async (page) => {
    const { id } = await server.create(WALLET);
    await page.route('**/api/payments/*/wallets*', (route) => route.fulfill({ json: { applePay: true } }));
    await page.goto(server.link(id));
    await page.getByTestId('method-missing').filter({ hasText: 'This browser has no wallet' }).waitFor();
    assert.equal(await page.getByRole('button', { name: /wallet/i }).count(), 0);
    await look(page, 'wallet-page-missing');
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await isPaid(page, id);
  });
});

test('a card that the bank asks about is confirmed on the page', async () => {
  await withWallet(async ({ page, id, button, sheet }) => {
    await button.click();
    await sheet.getByRole('radio', { name: /bank asks/ }).check();
    await confirm(sheet);
    const bank = page.frameLocator('#challenge-frame');
    await bank.locator('#code').fill('123456');
    await bank.locator('#approve').click();
    await isPaid(page, id);
  });
});

test('a wallet pays the amount and the tip that the payer chose, which the sheet shows', async () => {
  const order = { ...WALLET, config: { payment: { customAmountAllowed: true, tipsAllowed: true } } };
  await withWallet(async ({ page, id, button, sheet }) => {
    await page.getByTestId('custom-amount').fill('20.00');
    await page.getByTestId('tip-10').check();
    await button.click();
    await sheet.waitFor();
    assert.match(await sheet.innerText(), /£22\.00/);
    await confirm(sheet);
    const { amount, tipsAmount, totalAmount } = await isPaid(page, id);
    assert.deepEqual([amount.value, tipsAmount.value, totalAmount.value], [2000, 200, 2200]);
  }, { order });
});

test('an amount that is none is not paid with a wallet', async () => {
  const order = { ...WALLET, config: { payment: { customAmountAllowed: true } } };
  await withWallet(async ({ page, button, sheet }) => {
    await page.getByTestId('custom-amount').fill('nothing');
    await button.click();
    await page.locator('#custom-amount-error:visible').waitFor();
    assert.equal(await sheet.count(), 0);
  }, { order });
});

test('an amount that was changed meanwhile is shown before it is paid', async () => {
  await withWallet(async ({ page, id, button, sheet, expectComplaints }) => {
    await server.changeAmount(id, { value: 1500, currencyCode: 'GBP' });
    await button.click();
    await confirm(sheet);
    await page.locator('#error-summary', { hasText: '£15.00' }).waitFor();
    assert.equal((await server.intent(id)).paymentEvents.length, 0);
    expectComplaints(/401|409/);
  }, { order: { ...WALLET, config: { payment: { customAmountAllowed: true } } } });
});

test('an answer that is lost is found out about, and the wallet pays once', async () => {
  await withWallet(async ({ page, id, button, sheet, expectComplaints }) => {
    await page.context().route('**/connect-e/**/google-pay*', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    await button.click();
    await confirm(sheet);
    const { paymentEvents } = await isPaid(page, id);
    assert.equal(paymentEvents.length, 1);
    expectComplaints(/ERR_|40[19]/);
  });
});

test('by keyboard alone', async () => {
  await withWallet(async ({ page, id, sheet }) => {
    await page.locator('#wallet').focus();
    await page.keyboard.press('Enter');
    await sheet.waitFor();
    await page.keyboard.press('Tab');
    await sheet.getByRole('radio').first().and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await isPaid(page, id);
  });
});

for (const [tag, button, submit] of [['de', 'Mit Wallet bezahlen', 'Bestätigen'], ['fr', 'Payer avec un wallet', 'Confirmer']]) {
  test(`in the page's language: ${tag}`, async () => {
    await withWallet(async ({ page, id, sheet }) => {
      await page.getByRole('button', { name: button }).click();
      await sheet.waitFor();
      await look(page, `wallet-page-${tag}`);
      await confirm(sheet, submit);
      await isPaid(page, id);
    }, { viewport: PHONE, query: `?lang=${tag}` });
  });
}
