// The wallet component in the page of a shop from elsewhere.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PHONE, WIDE, visit } from './browser.mjs';
import { LOOKS, components, frameAt, lookAt, mountWallet, noted, notes } from './shops.mjs';

const all = components();

/** A page with a wallet component that is there. */
const withWallet = (use, { viewport = WIDE, path = '/', config, order, ...options } = {}) => visit(
  all.browser, [all.server.origin, all.shop.origin], viewport, async (page, tools) => {
    const { id } = await all.server.create({ paymentMethods: ['Card', 'Wallet'], ...order });
    await page.goto(all.shop.origin + path);
    await mountWallet(page, await all.server.renew(id), config);
    await noted(page, 'loaded');
    const frame = frameAt(page);
    await use({ page, id, frame, button: frame.getByRole('button', { name: /wallet/i }), sheet: frame.getByRole('dialog', { name: /Pay/ }), ...tools });
  }, options,
);

const confirm = (sheet) => sheet.getByRole('button', { name: 'Confirm' }).click();

/** What the shop was told of the payment; it is told once. */
async function outcome(page) {
  await noted(page, 'paid');
  const told = await notes(page, 'paid');
  assert.equal(told.length, 1);
  return told[0][0];
}

for (const { viewport, path, colorScheme } of LOOKS) {
  test(`a wallet pays in a shop's ${colorScheme} page at ${viewport.width}px`, async () => {
    await withWallet(async ({ page, id, frame, button, sheet }) => {
      await lookAt(page, frame, `wallet-${colorScheme}`);
      await button.click();
      await sheet.waitFor();
      assert.match(await sheet.innerText(), /£10\.00/);
      await lookAt(page, frame, `wallet-sheet-${colorScheme}`);
      assert.equal(await sheet.getByRole('radio', { name: /approved/ }).first().isChecked(), true);
      await confirm(sheet);
      const { statusCode, authCode, message } = await outcome(page);
      assert.equal(statusCode, 0);
      assert.match(authCode, /\S/);
      assert.match(message, /\S/);
      assert.equal((await notes(page, 'initiated')).length, 1);
      assert.equal((await notes(page, 'cancelled')).length, 0);
      const intent = await all.server.intent(id);
      assert.equal(intent.status, 'Captured');
      assert.equal(intent.paymentDetails.card.walletType, 'GOOGLE_PAY');
    }, { viewport, path, colorScheme });
  });
}

test('a browser that has Apple’s wallet pays with that', async () => {
  await withWallet(async ({ page, id, button, sheet }) => {
    await page.frames()[1].evaluate(() => { globalThis.ApplePaySession = class {}; });
    await button.click();
    await confirm(sheet);
    assert.equal((await outcome(page)).statusCode, 0);
    assert.equal((await all.server.intent(id)).paymentDetails.card.walletType, 'APPLE_PAY');
  });
});

test('a declined wallet is told once, and a new component with a renewed token pays', async () => {
  await withWallet(async ({ page, id, button, sheet }) => {
    await button.click();
    await sheet.getByRole('radio', { name: /declined/ }).check();
    await confirm(sheet);
    const { statusCode, authCode } = await outcome(page);
    assert.equal(statusCode, 5);
    assert.equal(authCode, undefined);
    assert.equal(await button.isDisabled(), true, 'its token is used up');
    assert.equal((await all.server.intent(id)).status, 'Created');
    await mountWallet(page, await all.server.renew(id));
    await noted(page, 'loaded');
    assert.equal(await page.locator('#card-here iframe').count(), 1);
    await button.click();
    await confirm(sheet);
    assert.equal((await outcome(page)).statusCode, 0);
  });
});

for (const [how, cancel] of Object.entries({
  'the button': ({ sheet }) => sheet.getByRole('button', { name: 'Cancel' }).click(),
  Escape: async ({ page, sheet }) => {
    await sheet.waitFor();
    await page.keyboard.press('Escape');
  },
})) {
  test(`a sheet that is left by ${how} is told as such and can be opened again`, async () => {
    await withWallet(async (it) => {
      const { page, id, button, sheet } = it;
      await button.click();
      await cancel(it);
      await noted(page, 'cancelled');
      assert.deepEqual(await notes(page, 'paid'), []);
      assert.equal((await all.server.intent(id)).status, 'Created');
      await button.click();
      await confirm(sheet);
      assert.equal((await outcome(page)).statusCode, 0);
    });
  });
}

test('the payer tells what the shop asks for', async () => {
  const config = { emailRequired: true, billingAddressRequired: true, shippingAddressRequired: true };
  await withWallet(async ({ page, id, frame, button, sheet }) => {
    await button.click();
    await confirm(sheet);
    await sheet.locator('#wallet-email-error:visible').waitFor();
    await lookAt(page, frame, 'wallet-sheet-errors');
    await sheet.getByLabel('E-mail address').fill('nobody');
    const billing = sheet.getByRole('group', { name: 'Billing address' });
    const delivery = sheet.getByRole('group', { name: 'Delivery address' });
    for (const [where, name] of [[billing, 'Ada Lovelace'], [delivery, 'Charles Babbage']]) {
      await where.getByLabel('Name').fill(name);
      await where.getByLabel('Address', { exact: true }).fill('1 High Street');
      await where.getByLabel('Town or city').fill('London');
      await where.getByLabel('Postcode').fill('SW1A 1AA');
      await where.getByLabel('Country').selectOption('GB');
    }
    await confirm(sheet);
    assert.match(await sheet.locator('#wallet-email-error').innerText(), /e-mail/);
    await sheet.getByLabel('E-mail address').fill('ada@example.com');
    await confirm(sheet);
    assert.equal((await outcome(page)).statusCode, 0);
    const paid = await all.server.intent(id);
    assert.equal(paid.customer.emailAddress, 'ada@example.com');
    assert.equal(paid.billingAddress.postcode, 'SW1A 1AA');
    assert.equal(paid.shippingDetails.name, 'Charles Babbage');
    assert.equal(paid.paymentDetails.card.cardName, 'Ada Lovelace');
  }, { config, viewport: PHONE });
});

test('a card that the bank asks about is confirmed in the component', async () => {
  await withWallet(async ({ page, frame, button, sheet }) => {
    await button.click();
    await sheet.getByRole('radio', { name: /bank asks/ }).check();
    await confirm(sheet);
    const bank = frame.frameLocator('#challenge-frame');
    await bank.locator('#code').fill('123456');
    await bank.locator('#approve').click();
    assert.equal((await outcome(page)).statusCode, 0);
  });
});

test('an order that takes no wallet has no button', async () => {
  await withWallet(async ({ page, frame, button, complained }) => {
    const [[errors]] = await notes(page, 'errors');
    assert.deepEqual(errors.map(({ errorType }) => errorType), ['walletUnavailable']);
    assert.match(errors[0].message, /\S/);
    assert.equal(await button.isVisible(), false);
    assert.deepEqual(await notes(page, 'loadFailed'), []);
    await lookAt(page, frame, 'wallet-unavailable');
    await complained(/400/);
  }, { order: { paymentMethods: ['Card'] } });
});

for (const [type, name] of [['book', /^Book with wallet$/], ['checkout', /^Check out with wallet$/], [undefined, /^Pay with wallet$/]]) {
  test(`the button says what it is for: ${type ?? 'plain'}`, async () => {
    await withWallet(async ({ frame }) => {
      await frame.getByRole('button', { name }).waitFor();
      const background = await frame.locator('#wallet').evaluate((button) => getComputedStyle(button).backgroundColor);
      assert.equal(background, 'rgb(255, 255, 255)');
    }, { config: { buttonConfig: { color: 'black', colour: 'white', type } } });
  });
}

test('by keyboard alone', async () => {
  await withWallet(async ({ page, frame, sheet }) => {
    await page.keyboard.press('Tab');
    await frame.locator('#wallet:focus').waitFor();
    await page.keyboard.press('Enter');
    await sheet.waitFor();
    assert.deepEqual(await notes(page, 'paid'), [], 'the key that opens the sheet does not confirm it');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    assert.equal(await sheet.getByRole('radio').nth(1).isChecked(), true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal((await outcome(page)).statusCode, 0);
  });
});
