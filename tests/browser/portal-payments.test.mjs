// Payments in the portal: found by a filter or any id, downloaded, appearing by themselves;
// transactions and refunds.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { MIDDLE, PHONE, WIDE, launch, look, visit } from './browser.mjs';
import { start } from './server.mjs';

let server;
let browser;
let paid;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  paid = await create('=Table 7', 4321);
  await create('Another', 1000);
  await captureByCard(paid);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

const open = (viewport, use, options) => visit(browser, server.origin, viewport, use, options);

/** Asks the API. */
async function call(path, body) {
  const headers = { authorization: `Basic ${server.key}`, version: '2026-02-27', 'content-type': 'application/json', idempotencyKey: crypto.randomUUID() };
  const answer = await fetch(server.origin + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

const create = async (reference, value) =>
  (await call('/payment-intents', { reference, amount: { value, currencyCode: 'GBP' } })).id;

/** Pays with a test card, as components do. */
async function captureByCard(id) {
  const { clientSessionSecret } = await call(`/payment-intents/${id}/refresh-client-session-secret`, {});
  const card = { cardNumber: '4456530000001005', cardName: 'Ada Lovelace', expiryDate: '12 / 39', cV2: '020' };
  await call(`/connect-e/api/payments/${clientSessionSecret}`, card);
}

/** Opens a section of the portal. */
async function section(page, title) {
  await page.goto(server.origin);
  const link = page.locator('.sections a', { hasText: new RegExp(`^${title}$`) });
  await link.waitFor({ state: 'attached' });
  await page.goto(new URL(await link.getAttribute('href'), server.origin).href);
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
}

test('payments are filtered, found by any id, and downloaded', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Payments');
    await page.getByText('Filter', { exact: true }).click();
    await page.getByLabel('Amount from').fill('43');
    await page.getByLabel('Amount to').fill('44');
    await page.getByLabel('Captured', { exact: true }).check();
    await page.getByLabel('Last four digits of the card').fill('1005');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.locator('.list tbody tr', { hasText: '=Table 7' }).waitFor();
    assert.equal(await page.locator('.list tbody tr').count(), 1);
    await look(page, 'portal-payments-filtered');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export as CSV' }).click(),
    ]);
    const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
    assert.equal(lines.length, 2);
    assert.ok(lines[1].includes(`"'=Table 7",43.21,4321,GBP`), lines[1]);
    await page.getByRole('link', { name: 'Clear' }).click();
    await page.getByLabel('Find by id or reference').fill('another');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('heading', { name: '£10.00 Created' }).waitFor();
  });
});

test('a new payment appears by itself, unless updates are paused', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Payments');
    await page.getByRole('button', { name: 'Pause updates' }).waitFor();
    await create('Just now', 777);
    await page.locator('.list tbody tr', { hasText: 'Just now' }).waitFor();
    await page.getByRole('button', { name: 'Pause updates' }).click();
    await page.getByRole('button', { name: 'Resume updates' }).waitFor();
  });
});

test('a refund is in the refunds and among the transactions', async () => {
  await call(`/payment-intents/${paid}/refunds`, { amount: 321, refundReason: 'Cold soup' });
  await open(WIDE, async (page) => {
    await section(page, 'Refunds');
    await page.locator('.list tbody tr', { hasText: 'Cold soup' }).waitFor();
    await section(page, 'Transactions');
    await page.locator('.list tbody tr', { hasText: '£3.21' }).waitFor();
    await page.getByText('Filter', { exact: true }).click();
    await page.getByLabel('Sale', { exact: true }).check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.locator('.list tbody tr', { hasText: '£43.21' }).waitFor();
    assert.equal(await page.locator('.list tbody tr', { hasText: '£3.21' }).filter({ hasText: 'Refund' }).count(), 0);
    await page.getByRole('link', { name: '£43.21' }).click();
    await page.getByRole('heading', { name: '£43.21 Captured' }).waitFor();
  });
});

for (const [viewport, colorScheme] of [[WIDE, 'light'], [MIDDLE, 'dark'], [PHONE, 'light'], [PHONE, 'dark']]) {
  test(`lists are in order at ${viewport.width}px, ${colorScheme}`, async () => {
    await open(
      viewport,
      async (page) => {
        for (const title of ['Payments', 'Transactions', 'Refunds']) {
          await section(page, title);
          await look(page, `portal-list-${title.toLowerCase()}-${viewport.width}-${colorScheme}`);
        }
      },
      { colorScheme },
    );
  });
}
