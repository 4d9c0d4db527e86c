// Where pages have to prove that they have computed before a card is tried: payers notice
// nothing of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CARDS, PHONE, WIDE, fill, look, standing, visit } from './browser.mjs';
import { components, execute, frameAt, mount, mountWallet, noted, notes } from './shops.mjs';

const all = components('--captcha', 'proof-of-work');

const open = (use, { viewport = WIDE, ...options } = {}) => visit(all.browser, [all.server.origin, all.shop.origin], viewport, use, options);
const told = (page) => page.locator('#error-summary:visible');

for (const viewport of [WIDE, PHONE]) {
  test(`a page proves it by itself, for each card, at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await all.server.create();
    await open(async (page) => {
      const line = await page.context().newCDPSession(page);
      await line.send('Network.enable');
      let bytes = 0;
      line.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
      const begun = page.waitForEvent('worker');
      await page.goto(paymentLink, { waitUntil: 'networkidle' });
      await begun;
      await page.locator('#pay:enabled').waitFor();
      await look(page, 'captcha');
      assert.ok(bytes <= 61_440, `${bytes} bytes`);
      await fill(page, CARDS.declined);
      await page.locator('#pay').click();
      await told(page).filter({ hasText: /declined/ }).waitFor();
      await page.locator('#pay:enabled').waitFor();
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'paid');
    }, { viewport });
    assert.equal((await all.server.intent(id)).status, 'Captured');
  });
}

test('so do the page that keeps a card, and a wallet', async () => {
  const { id } = await all.server.setUp();
  await open(async (page) => {
    await page.goto(all.server.link(id));
    await fill(page, CARDS.approved);
    await page.locator('#consent').check();
    await page.locator('#pay').click();
    await standing(page, 'saved');
  });
  const { paymentLink } = await all.server.create({ paymentMethods: ['Card', 'Wallet'] });
  await open(async (page) => {
    await page.goto(paymentLink);
    await page.getByTestId('wallet').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
    await standing(page, 'paid');
  });
});

test('so do components in a shop’s page', async () => {
  await open(async (page) => {
    const card = await all.server.create();
    await page.goto(all.shop.origin);
    await mount(page, await all.server.renew(card.id));
    await noted(page, 'loaded');
    await fill(frameAt(page), CARDS.approved);
    assert.equal((await (await execute(page))()).fulfilled.statusCode, 0);
    const { id } = await all.server.create({ paymentMethods: ['Wallet'] });
    await mountWallet(page, await all.server.renew(id), {}, 'other-here');
    await noted(page, 'loaded', 'other-here');
    const frame = frameAt(page, 'other-here');
    await frame.getByTestId('wallet').click();
    await frame.getByRole('button', { name: 'Confirm' }).click();
    await noted(page, 'paid', 'other-here');
    assert.equal((await notes(page, 'paid', 'other-here'))[0][0].statusCode, 0);
  });
});

/** The challenges that the page gets are nobody's, so many times. */
const forge = (page, options) => page.route('**/captcha', async (route) => {
  const response = await route.fetch();
  await route.fulfill({ response, json: { ...await response.json(), challenge: 'nonsense' } });
}, options);

test('a proof that is refused is made anew, and one that is refused again is told', async () => {
  const { id, paymentLink } = await all.server.create();
  await open(async (page, { expectComplaints }) => {
    await forge(page, { times: 1 });
    await page.goto(paymentLink);
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    expectComplaints(/403/);
  });
  assert.equal((await all.server.intent(id)).paymentEvents.length, 1);
  const other = await all.server.create();
  await open(async (page, { expectComplaints }) => {
    await forge(page);
    await page.goto(`${other.paymentLink}?lang=de`);
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await told(page).filter({ hasText: /konnte nicht geprüft werden/ }).waitFor();
    await page.locator('#pay:enabled:not([aria-busy="true"])').waitFor();
    await look(page, 'captcha-refused');
    expectComplaints(/403/);
  });
  assert.equal((await all.server.intent(other.id)).paymentEvents.length, 0);
});
