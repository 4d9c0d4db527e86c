// Saving a card at the hosted checkout, for a charge that comes later.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, PHONE, SHOP, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
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

const open = (viewport, use, options) => visit(browser, server.origin, viewport, use, options);
const ready = (page) => page.locator('#pay:enabled').waitFor();

for (const viewport of [WIDE, PHONE]) {
  test(`saves a card that is then charged at ${viewport.width}px`, async () => {
    const { id } = await server.setUp({ description: 'Table for four, Friday at eight' });
    await open(viewport, async (page) => {
      await page.goto(server.link(id));
      await ready(page);
      await look(page, 'setup');
      assert.match(await page.locator('#terms').innerText(), /If you do not come/);
      assert.match(await page.locator('#intended').innerText(), /£10\.00/);
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await page.locator('#consent-error:visible').waitFor();
      assert.equal(await page.locator('#consent').getAttribute('aria-invalid'), 'true');
      await look(page, 'setup-no-consent');
      assert.equal((await server.setup(id)).status, 'Created');
      await page.locator('#consent').check();
      await page.locator('#pay').click();
      await standing(page, 'saved');
      assert.ok(await page.locator('#sandbox-label').isVisible());
      await look(page, 'setup-saved');
      assert.match(await page.locator('#state').innerText(), /1005/);
    });
    assert.equal((await server.setup(id)).status, 'Authorized');
    const bill = await server.create({ setupIntentId: id });
    assert.equal((await server.charge(bill.id)).status, 'Successful');
    assert.equal((await server.setup(id)).status, 'Completed');
  });

  test(`passes a 3-D Secure challenge at ${viewport.width}px`, async () => {
    const { id } = await server.setUp();
    await open(viewport, async (page) => {
      await page.goto(server.link(id));
      await ready(page);
      await fill(page, CARDS.challenge);
      await page.locator('#consent').check();
      await page.locator('#pay').click();
      const own = page.viewportSize().width < 480;
      const bank = own ? page : page.frameLocator('#challenge-frame');
      await bank.locator('#code').waitFor();
      assert.match(await bank.locator('#bank-amount').innerText(), /nothing/i);
      await look(page, 'setup-challenge');
      await bank.locator('#code').fill('123456');
      await bank.locator('#approve').click();
      await standing(page, 'saved');
    });
    assert.equal((await server.setup(id)).status, 'Authorized');
  });

  test(`is refused and tries another card at ${viewport.width}px`, async () => {
    const config = { redirectUrl: `${SHOP}/booked` };
    const { id } = await server.setUp({ config, merchantInitiatedTransactionType: 'Unscheduled' });
    await open(viewport, async (page) => {
      await page.goto(server.link(id));
      await ready(page);
      await fill(page, CARDS.declined);
      await page.locator('#consent').check();
      await page.locator('#pay').click();
      await page.locator('#error-summary:visible').waitFor();
      await ready(page);
      assert.match(await page.locator('#error-summary').innerText(), /not saved/i);
      await look(page, 'setup-declined');
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await page.waitForURL(`${SHOP}/booked?id=${id}`);
    });
    assert.equal((await server.setup(id)).status, 'Authorized');
  });
}

for (const [how, leave] of [
  ['is refused by its holder', (bank) => bank.locator('#refuse').click()],
  ['is left', (bank, page) => page.locator('#challenge-close').click()],
]) {
  test(`a check at the bank that ${how} saves nothing and lets another card be tried`, async () => {
    const { id } = await server.setUp();
    await open(WIDE, async (page) => {
      await page.goto(server.link(id));
      await ready(page);
      await fill(page, CARDS.challenge);
      await page.locator('#consent').check();
      await page.locator('#pay').click();
      const bank = page.frameLocator('#challenge-frame');
      await bank.locator('#code').waitFor();
      await leave(bank, page);
      await page.locator('#error-summary:visible').waitFor();
      await ready(page);
      assert.equal((await server.setup(id)).status, 'Created');
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'saved');
    });
    assert.equal((await server.setup(id)).status, 'Authorized');
  });
}

test('tells that it was canceled, or has expired', async () => {
  const { id } = await server.setUp();
  const soon = await server.setUp({ expireAt: new Date(Date.now() + 60_000).toISOString() });
  await server.cancelSetup(id);
  await server.advance('00:02:00');
  await open(PHONE, async (page) => {
    await page.goto(server.link(id));
    await standing(page, 'canceled');
    await look(page, 'setup-canceled');
    await page.goto(server.link(soon.id));
    await standing(page, 'expired');
  });
});
