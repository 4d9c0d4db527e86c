// Saving a card at the checkout, and paying with it on a later visit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, PHONE, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
import { start } from './server.mjs';

const MASTERCARD = '5200000000001005';

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

/** An order of a customer whose saved cards its link opens. */
async function order(customer) {
  const { secret } = await server.createSecret(customer);
  return server.create({ paymentMethods: ['SavedCard', 'Card'], customer: { id: customer, secret } });
}

async function save(page, link, number) {
  await page.goto(link);
  await page.locator('#pay:enabled').waitFor();
  const other = page.locator('#other-card');
  if (await other.isVisible()) await other.check();
  await fill(page, number);
  await page.locator('#save-card').check();
}

for (const viewport of [WIDE, PHONE]) {
  test(`saves cards, prefers one, pays by its code and removes it at ${viewport.width}px`, async () => {
    const { id: customer } = await server.createCustomer({ name: 'Ada' });
    let last;
    await open(viewport, async (page) => {
      for (const number of [CARDS.approved, MASTERCARD]) {
        const { id, paymentLink } = await order(customer);
        await save(page, paymentLink, number);
        await look(page, number === MASTERCARD ? 'save-another-card' : 'save-card');
        await page.locator('#pay').click();
        await standing(page, 'paid');
        last = (await server.intent(id)).paymentDetails.paymentMethodId;
        assert.match(last, /^pm_/);
      }
    });

    await open(viewport, async (page) => {
      const { id, paymentLink } = await order(customer);
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      const rows = page.locator('.saved-card');
      assert.equal(await rows.count(), 2);
      assert.ok(await page.locator('#new-card').isHidden(), 'a saved card is chosen first');
      await look(page, 'saved-cards');

      // The card of the first visit becomes the preferred one.
      const visa = rows.filter({ hasText: 'Visa ending 1005' });
      await visa.locator('.prefer').click();
      await visa.locator('.preferred').waitFor();
      assert.match(await page.locator('#saved-status').innerText(), /offered first/);
      await page.reload();
      await page.locator('#pay:enabled').waitFor();
      assert.match(await rows.first().innerText(), /Visa ending 1005/);
      assert.ok(await rows.first().locator('input[type="radio"]').isChecked());
      await look(page, 'saved-cards-preferred');

      // Nothing but the code is asked for, and it is.
      await page.locator('#pay').click();
      await page.locator('#saved-cv2-error').waitFor();
      await look(page, 'saved-cards-no-code');
      await page.locator('#saved-cv2').fill('020');
      await page.locator('#pay').click();
      await standing(page, 'paid');
      const paid = await server.intent(id);
      assert.equal(paid.status, 'Captured');
      assert.equal(paid.paymentDetails.card.last4PAN, '1005');
      assert.notEqual(paid.paymentDetails.paymentMethodId, last, 'the other card was chosen');
    });

    await open(viewport, async (page) => {
      const { paymentLink } = await order(customer);
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      const rows = page.locator('.saved-card');
      const visa = rows.filter({ hasText: 'Visa ending 1005' });
      await visa.locator('.remove').click();
      await look(page, 'saved-cards-really');
      await visa.locator('.keep').click();
      assert.equal(await rows.count(), 2);
      await visa.locator('.remove').click();
      await visa.locator('.really').click();
      await visa.waitFor({ state: 'detached' });
      assert.match(await page.locator('#saved-status').innerText(), /removed/);
      assert.equal(await rows.count(), 1);
      assert.ok(await rows.first().locator('input[type="radio"]').isChecked());
      await page.reload();
      await page.locator('#pay:enabled').waitFor();
      assert.equal(await rows.count(), 1);
      await rows.first().locator('.remove').click();
      await rows.first().locator('.really').click();
      await page.locator('#card-number').waitFor();
      assert.ok(await page.locator('#saved-cards').isHidden(), 'no card is left');
      await look(page, 'saved-cards-none');
    });
  });
}

test('a link without the secret shows no saved card', async () => {
  const { id: customer } = await server.createCustomer({});
  await open(WIDE, async (page) => {
    const { paymentLink } = await order(customer);
    await save(page, paymentLink, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    const { id } = await order(customer);
    await page.goto(server.link(id));
    await page.locator('#pay:enabled').waitFor();
    assert.equal(await page.locator('.saved-card').count(), 0);
    assert.equal(await page.locator('#save-card').count(), 0);
  });
});

test('a declined saved card leaves the choice of another', async () => {
  const { id: customer } = await server.createCustomer({});
  await open(PHONE, async (page) => {
    const first = await order(customer);
    await save(page, first.paymentLink, CARDS.challenge);
    await page.locator('#pay').click();
    await page.locator('#cancel').click();
    await page.waitForURL(/again=1/);
    await page.locator('#pay:enabled').waitFor();
    const second = await order(customer);
    await save(page, second.paymentLink, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    const third = await order(customer);
    await page.goto(third.paymentLink);
    await page.locator('#pay:enabled').waitFor();
    assert.equal(await page.locator('.saved-card').count(), 1, 'the card that was not paid with is not kept');
    await page.keyboard.press('Tab');
    await page.locator('input[name="pay-with"]:checked').focus();
    await page.keyboard.press('ArrowDown');
    assert.ok(await page.locator('#other-card').isChecked(), 'the keyboard chooses');
    assert.ok(await page.locator('#card-number').isVisible());
    await fill(page, CARDS.declined);
    await page.locator('#pay').click();
    await page.locator('#error-summary:visible').waitFor();
    await page.locator('input[name="pay-with"]').first().check();
    await page.locator('#saved-cv2').fill('020');
    await page.locator('#pay').click();
    await standing(page, 'paid');
    assert.equal((await server.intent(third.id)).paymentDetails.card.last4PAN, '1005');
  });
});

test('saved cards are there again after the bank took the whole window, and nobody else learns their secret', async () => {
  const { id: customer } = await server.createCustomer({});
  await open(PHONE, async (page) => {
    const first = await order(customer);
    await save(page, first.paymentLink, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');

    const { id, paymentLink } = await order(customer);
    const { searchParams } = new URL(paymentLink);
    const secret = searchParams.get('csc');
    const told = [];
    page.on('request', (request) => {
      const sent = [request.headers().referer, request.postData()];
      // The page's own address is the payment link.
      if (new URL(request.url()).pathname !== `/checkout/${id}`) sent.push(request.url());
      if (sent.some((text) => text?.includes(secret))) told.push(request.url());
    });
    const kept = () => page.evaluate(() => Object.keys(window.sessionStorage));
    await page.goto(paymentLink);
    await page.locator('#pay:enabled').waitFor();
    // More than one failed try makes no difference.
    for (const end of ['#cancel', '#refuse']) {
      await page.locator('#other-card').check();
      await fill(page, CARDS.challenge);
      await page.locator('#pay').click();
      await page.locator(end).click();
      await page.waitForURL((url) => url.searchParams.has('again') && url.searchParams.get('csc') === secret);
      await page.locator('#pay:enabled').waitFor();
      assert.match(await page.locator('#error-summary').innerText(), /not made/);
      assert.equal(await page.locator('.saved-card').count(), 1);
      assert.deepEqual(await kept(), []);
    }
    await page.locator('#other-card').check();
    await fill(page, CARDS.challenge);
    await page.locator('#pay').click();
    await page.locator('#code').fill('123456');
    await page.locator('#approve').click();
    await standing(page, 'paid');
    await page.waitForLoadState(); // Its script has run by then.
    assert.deepEqual(await kept(), []);
    assert.deepEqual(told, []);
  });
});
