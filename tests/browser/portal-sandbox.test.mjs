// The sandbox's pages in the portal: mail that arrives while one looks, the clock, faults.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, MIDDLE, PHONE, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
import { demoPos, start } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

const signedIn = (viewport, use, options = {}) => visit(browser, server.origin, viewport, use, { session: server, ...options });
const open = (page, path) => page.goto(`${server.origin}/portal?to=${path}`);

test('a mail arrives while one looks, is found, and its links open', async () => {
  await signedIn(WIDE, async (page) => {
    await open(page, 'mailbox');
    await page.getByText('No mail yet.').waitFor();
    await look(page, 'mailbox-empty');
    const link = `${server.origin}/docs`;
    const { id } = await server.create({ reference: link });
    await server.pay(id, CARDS.approved);
    for (const email of ['ada@example.com', 'grace@example.com']) await server.sendReceipt(id, email);
    const first = page.locator('.inbox a', { hasText: 'ada@example.com' });
    await first.waitFor();
    await page.locator('#news').filter({ hasText: 'New mail' }).waitFor({ state: 'attached' });
    await page.getByLabel('Search mails').fill('GRACE receipt');
    await page.getByRole('button', { name: 'Search' }).click();
    await first.waitFor({ state: 'detached' });
    await page.locator('.inbox a', { hasText: 'grace@example.com' }).click();
    // Nothing runs in that frame, so it is read beside it.
    const letter = await page.context().request.get(server.origin + await page.locator('.letter').getAttribute('src'));
    assert.match(letter.headers()['content-security-policy'], /sandbox/);
    assert.match(await letter.text(), /£10\.00/);
    await look(page, 'mail-html');
    await page.getByRole('link', { name: 'Text' }).click();
    await page.getByLabel('Text of the mail').getByText('£10.00').first().waitFor();
    await look(page, 'mail-text');
    const [opened] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: link }).click()]);
    await opened.waitForURL(link);
    await opened.close();
    await page.getByRole('link', { name: 'Source' }).click();
    await page.getByLabel('Source of the mail').getByText('To: grace@example.com').waitFor();
  });
});

test('a step of the clock expires a payment intent', async () => {
  const { id } = await server.create({ reference: 'Expires' });
  await signedIn(WIDE, async (page, { expectComplaints }) => {
    expectComplaints(/400/);
    await open(page, 'clock');
    const row = page.locator('tr', { hasText: id });
    await row.getByText('A payment intent expires').waitFor();
    await look(page, 'clock');
    await page.getByRole('button', { name: '1 hour ahead' }).click();
    await page.getByText('1 hour ahead of this machine').waitFor();
    assert.equal((await server.intent(id)).status, 'Created');
    await page.getByRole('button', { name: 'To what is due next' }).click();
    await page.getByText('The clock is moved').waitFor();
    await row.waitFor({ state: 'detached' });
    assert.equal((await server.intent(id)).status, 'Canceled');
    await page.getByLabel('Date and time').fill('2020-01-01T10:00');
    await page.getByRole('button', { name: 'Move to this date' }).click();
    await page.getByText('must be later than the time of the clock').waitFor();
    assert.equal(await page.getByLabel('Date and time').inputValue(), '2020-01-01T10:00');
  });
});

test('a fault declines the next payment, once', async () => {
  const { paymentLink } = await server.create({ reference: 'Fault' });
  await signedIn(WIDE, async (page) => {
    await open(page, 'faults');
    await page.getByLabel('Declined: not enough money').check();
    await page.getByRole('button', { name: 'Set for the next payment' }).click();
    await page.getByText('The fault is set for the next payment.').waitFor();
    await look(page, 'faults-set');
    await page.goto(paymentLink);
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await page.getByRole('alert').filter({ hasText: /declined/i }).first().waitFor();
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    await open(page, 'faults');
    await page.getByText('Its test card decides what happens.').waitFor();
  });
});

test('the pages are in order at every width, light and dark', async () => {
  for (const viewport of [PHONE, MIDDLE, WIDE]) {
    for (const colorScheme of ['light', 'dark']) {
      await signedIn(viewport, async (page) => {
        for (const name of ['card-machines', 'pos', 'mailbox', 'clock', 'faults', 'branding']) {
          await open(page, name);
          await page.locator('main h1').waitFor();
          await look(page, `portal-${name}-${colorScheme}`);
        }
      }, { colorScheme });
    }
  }
});

test('the POS page runs a flow with the demo POS and has codes to print', async () => {
  const pos = await demoPos(server);
  try {
    await signedIn(WIDE, async (page) => {
      await open(page, 'pos');
      await page.getByText('SearchOrders', { exact: true }).first().waitFor();
      await page.getByText('Run a flow').click();
      await page.locator('.flows > li', { hasText: /^Search Orders/ }).locator('summary').click();
      await page.getByRole('button', { name: 'Run Search Orders' }).click();
      await page.locator('#flow-status').filter({ hasText: 'SUCCESS' }).waitFor();
      await look(page, 'pos-flow');
      await page.getByRole('link', { name: 'POS', exact: true }).first().click();
      await page.locator('.steps').getByText('SearchOrders').first().waitFor();
      await look(page, 'pos');
      await page.getByRole('link', { name: 'QR codes of tables' }).click();
      await page.locator('.qr-codes svg').first().waitFor();
      await look(page, 'pos-qr-codes');
    });
  } finally {
    pos.stop();
  }
});

test('branding is seen on the sample and on the checkout', async () => {
  const { paymentLink } = await server.create({ reference: 'Branded' });
  await signedIn(WIDE, async (page) => {
    await open(page, 'branding');
    for (const [name, colour] of [['primary', '#ffd84d'], ['background', '#101820']]) {
      await page.locator(`[name="own-${name}"]`).uncheck();
      await page.locator(`#${name}`).fill(colour);
    }
    await page.getByRole('button', { name: 'Save branding' }).click();
    await page.getByText('The branding is set').waitFor();
    const sample = page.frameLocator('.sample');
    await sample.getByRole('button', { name: 'Pay £6.00' }).waitFor();
    const behind = (place) => place.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--page'));
    assert.equal(await behind(sample.locator('body')), '#101820');
    await look(page, 'branding');
    await page.goto(paymentLink);
    await page.locator('#pay').waitFor();
    assert.equal(await behind(page.locator('body')), '#101820');
  });
  await server.unbrand();
});
