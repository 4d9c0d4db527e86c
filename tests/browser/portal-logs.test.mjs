// The portal's logs: a request appears by itself, is found, and tells why it was refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { MIDDLE, PHONE, WIDE, launch, look, visit } from './browser.mjs';
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

/** Asks the API as a shop does. */
async function ask(body, key = server.key) {
  const headers = { authorization: `Basic ${key}`, version: '2026-02-27', 'content-type': 'application/json' };
  return fetch(`${server.origin}/payment-intents`, { method: 'POST', headers, body: JSON.stringify(body) });
}

const intent = (reference) => ({ amount: { value: 1000, currencyCode: 'GBP' }, reference });

test('a request appears by itself, is found and is shown whole', async () => {
  await open(WIDE, async (page) => {
    await page.goto(server.origin);
    await page.getByRole('link', { name: 'Logs' }).click();
    await page.getByText('No requests yet.').waitFor();
    await page.locator('#live-state.is-on').waitFor();
    assert.equal((await ask(intent('Live-0001'))).status, 200);
    await page.locator('.logs tbody tr', { hasText: '/payment-intents' }).first().waitFor();
    assert.equal(await page.getByText('No requests yet.').isVisible(), false);
    assert.equal((await ask({ amount: { value: -1 } })).status, 400);
    await page.locator('.logs .tag.refused').waitFor();
    await look(page, 'portal-logs');
    await page.getByLabel('Id, reference, path or trace id').fill('live-0001');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('link', { name: 'Clear' }).waitFor();
    assert.equal(await page.locator('.logs tbody tr').count(), 1);
    await page.locator('.logs tbody a').click();
    await page.getByRole('heading', { name: 'Request body' }).waitFor();
    await page.getByText('"reference": "Live-0001"').first().waitFor();
    await look(page, 'portal-log');
    await page.getByRole('link', { name: /^pi_/ }).click();
    await page.getByRole('link', { name: 'POST /payment-intents' }).waitFor();
    await look(page, 'portal-timeline');
  });
});

test('a refusal says which rule was broken, and where that is explained', async () => {
  await open(MIDDLE, async (page) => {
    await page.goto(server.origin);
    const here = page.url();
    await page.goto(`${here}/logs?status=refused`);
    await page.locator('.logs tbody a').first().click();
    await page.getByRole('heading', { name: 'Why was this refused?' }).waitFor();
    await page.getByText('The Amount must be greater than 0.').first().waitFor();
    await look(page, 'portal-log-refused');
    await page.getByRole('link', { name: 'Payment intents' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.match(page.url(), /\/docs\/payments\/intents$/);
  });
});

test('the logs are in order on a phone, and without scripts', async () => {
  await open(PHONE, async (page) => {
    await page.goto(server.origin);
    await page.goto(`${page.url()}/logs`);
    await page.locator('.logs tbody tr').first().waitFor();
    await look(page, 'portal-logs-phone');
  });
  await open(
    WIDE,
    async (page) => {
      await page.goto(server.origin);
      await page.goto(`${page.url()}/logs`);
      await page.getByRole('link', { name: 'Load again' }).click();
      await page.locator('.logs tbody tr').first().waitFor();
    },
    { javaScriptEnabled: false },
  );
});
