// The page of the demo POS, beside a server that calls it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { PHONE, WIDE, launch, look, visit } from './browser.mjs';
import { start } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([start('--demo-pos=127.0.0.1:0'), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

/** Lets the server ask the POS for an order. */
async function ask(orderId) {
  const id = await server.test('Get Order', { orderId });
  for (;;) {
    const flow = await server.flow(id);
    if (flow.status !== 'IN_PROGRESS') return flow;
    await pause(50);
  }
}

for (const viewport of [WIDE, PHONE]) {
  test(`the tables, an order and what was asked are shown as they change, at ${viewport.width}`, async () => {
    const origin = await server.demoPos();
    await visit(browser, origin, viewport, async (page) => {
      await page.goto(`${origin}/`);
      await page.getByRole('heading', { name: 'Tables' }).waitFor();
      await look(page, 'demo-pos');

      await page.getByRole('button', { name: 'New order at Table 3' }).click();
      await page.getByRole('heading', { name: 'Order', exact: true }).waitFor();
      const total = page.getByRole('row', { name: /^Total/ });
      const before = await total.innerText();
      await page.getByLabel('Add an item').selectOption({ index: 0 });
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.waitForFunction((text) => {
        const rows = [...document.querySelectorAll('tfoot tr')];
        return rows.some((row) => row.innerText.startsWith('Total')) && !document.body.innerText.includes(text);
      }, before);

      const orderId = new URL(page.url()).searchParams.get('order');
      // What has the focus is not exchanged.
      await page.evaluate(() => document.activeElement?.blur());
      const flow = await ask(orderId);
      assert.equal(flow.status, 'SUCCESS');
      // Not one that was asked for another order before.
      const entry = page.locator('.journal details', { hasText: 'GetOrderById' }).filter({ hasText: orderId }).first();
      const asked = entry.locator('summary');
      await asked.waitFor();
      await asked.focus();
      await page.keyboard.press('Enter');
      await page.locator('.journal details[open] pre', { hasText: orderId }).first().waitFor();
      await look(page, 'demo-pos-order');
    });
  });
}
