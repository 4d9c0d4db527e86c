// The example shop: each way to pay, and the webhook that says so.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { CARDS, WIDE, fill, launch, visit } from './browser.mjs';
import { start } from './server.mjs';

const SHOP = new URL('../../examples/shop/server.mjs', import.meta.url).pathname;

let server;
let browser;
let shop;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  shop = await openShop();
});
after(async () => {
  await browser?.close();
  shop?.stop();
  server?.stop();
});

async function openShop() {
  const child = spawn(process.execPath, [SHOP], {
    env: { ...process.env, TATAMI_URL: server.origin, TATAMI_KEY: server.key, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const first = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the shop ended with ${code}`)));
  });
  return {
    origin: first.replace('shop at ', '').trim(),
    stop() {
      process.removeListener('exit', end);
      end();
    },
  };
}

const open = (use) => visit(browser, [server.origin, shop.origin], WIDE, async (page, tools) => {
  await page.goto(shop.origin);
  await use(page, tools);
});

const isPaid = (page) => page.locator('#status', { hasText: 'it is paid' }).waitFor();

test('pays on the checkout page', async () => {
  await open(async (page) => {
    await page.getByRole('button', { name: 'Pay on the checkout page' }).click();
    await page.locator('#pay:enabled').waitFor();
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await isPaid(page);
  });
});

test('pays by card in its own page, after a decline', async () => {
  await open(async (page) => {
    await page.getByRole('link', { name: 'Pay by card here' }).click();
    const pay = page.getByRole('button', { name: 'Pay £10.00' });
    const frame = page.frameLocator('#card iframe');
    await page.locator('#pay:enabled').waitFor();
    await fill(frame, CARDS.declined);
    await pay.click();
    await page.locator('#errors', { hasText: 'declined' }).waitFor();
    await page.locator('#pay:enabled').waitFor();
    await fill(frame, CARDS.approved);
    await pay.click();
    await isPaid(page);
  });
});

test('pays with a wallet in its own page', async () => {
  await open(async (page) => {
    await page.getByRole('link', { name: 'Pay with a wallet here' }).click();
    const frame = page.frameLocator('#wallet iframe');
    await frame.getByRole('button', { name: 'Buy with wallet' }).click();
    await frame.getByLabel('E-mail address').fill('ada@example.com');
    await frame.getByRole('button', { name: 'Confirm' }).press('Enter');
    await isPaid(page);
  });
});

test('believes no webhook that is not signed', async () => {
  const { id } = await (await fetch(`${shop.origin}/orders`, { method: 'POST' })).json();
  const body = JSON.stringify({ data: { paymentIntentId: id, paymentStatus: 'Captured' } });
  for (const signature of ['', 'sha256=00', `sha256=${'00-'.repeat(31)}00`]) {
    const response = await fetch(`${shop.origin}/webhook`, { method: 'POST', body, headers: { 'dojo-signature': signature } });
    assert.equal(response.status, 401);
  }
  const { status } = await (await fetch(`${shop.origin}/order?id=${id}`)).json();
  assert.equal(status, 'Created');
});
