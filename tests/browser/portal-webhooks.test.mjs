// Webhooks in the portal: an endpoint is tried with a test event, and events are sent again.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { MIDDLE, PHONE, WIDE, launch, look, visit } from './browser.mjs';
import { start } from './server.mjs';

let server;
let browser;
let shop;
/** What the shop has received, and what it answers. */
const received = [];
const arrivals = new EventEmitter();
let answer = 204;

before(async () => {
  shop = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ body: Buffer.concat(chunks), signature: request.headers['dojo-signature'] });
    response.writeHead(answer, { 'x-request': `r${received.length}`, 'set-cookie': 'session=secret' }).end();
    arrivals.emit('event');
  });
  await new Promise((ready) => { shop.listen(0, '127.0.0.1', ready); });
  [server, browser] = await Promise.all([start(), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
  shop?.close();
});

const open = (viewport, use, options) => visit(browser, server.origin, viewport, use, options);

/** Waits until the shop has received so many events. */
async function receives(count) {
  if (received.length >= count) return;
  for await (const _ of on(arrivals, 'event', { signal: AbortSignal.timeout(20000) })) {
    if (received.length >= count) return;
  }
}

async function webhooks(page) {
  await page.goto(server.origin);
  const link = page.locator('.sections a', { hasText: 'Webhooks' });
  await link.waitFor({ state: 'attached' });
  await page.goto(new URL(await link.getAttribute('href'), server.origin).href);
  await page.getByRole('heading', { name: 'Webhooks', exact: true }).waitFor();
}

test('an endpoint is added, and a test event arrives that its secret verifies', async () => {
  await open(WIDE, async (page) => {
    await webhooks(page);
    await page.getByLabel('URL').fill(`http://127.0.0.1:${shop.address().port}/hook`);
    await page.getByLabel('payment_intent.created').check();
    await page.getByRole('button', { name: 'Add endpoint' }).click();
    await page.getByText('The endpoint was added.').waitFor();
    await page.getByRole('button', { name: 'Send test event' }).click();
    await page.getByText('The test event was delivered.').waitFor();
    await receives(1);
    await page.locator('summary', { hasText: 'Secrets' }).click();
    await page.locator('summary', { hasText: 'Reveal' }).click();
    const secret = await page.locator('.rows code').first().innerText();
    const [{ body, signature }] = received;
    const hex = createHmac('sha256', secret).update(body).digest('hex').toUpperCase();
    assert.equal(signature, `sha256=${hex.match(/../g).join('-')}`);
    assert.equal(JSON.parse(body).event, 'webhook.test');
    await page.locator('summary', { hasText: 'PHP' }).click();
    await page.getByText('hash_hmac').waitFor();
    const headers = page.getByRole('table', { name: 'Headers received for the test event' });
    await headers.getByRole('row', { name: 'x-request r1' }).waitFor();
    await headers.getByRole('row', { name: 'set-cookie ****' }).waitFor();
    await look(page, 'webhooks-test');
  });
});

test('a delivered event is sent again, and so are all that failed', async () => {
  await server.create();
  await receives(2);
  await open(WIDE, async (page) => {
    const delivered = page.locator('.steps > li', { hasText: 'Delivered' });
    await webhooks(page);
    while (await delivered.count() === 0) await webhooks(page);
    await delivered.first().getByRole('button', { name: 'Send again' }).click();
    await page.getByText('The event is sent again.').waitFor();
    await receives(3);
    assert.deepEqual(received[1].body, received[2].body);
    answer = 500;
    await server.create();
    await receives(4);
    // All its tries take about a day.
    for (let day = 0; day < 9; day += 1) await server.advance('1.00:00:00');
    const failed = page.locator('.steps > li', { hasText: 'Failed' });
    await webhooks(page);
    while (await failed.count() === 0) await webhooks(page);
    await look(page, 'webhooks-failed');
    answer = 204;
    const before = received.length;
    await page.getByLabel('Of events since').fill('2020-01-01T00:00');
    await page.getByRole('button', { name: 'Send all failed again' }).click();
    await page.getByText('1 event is sent again.').waitFor();
    await receives(before + 1);
  });
});

test('the endpoint of an event is tried', async () => {
  await open(PHONE, async (page) => {
    await webhooks(page);
    await page.goto(`${server.origin}/portal?to=webhooks&event=payment_intent.created`);
    await page.getByRole('heading', { name: 'Try payment_intent.created' }).waitFor();
    await look(page, 'webhooks-tried');
    const before = received.length;
    await page.getByRole('button', { name: 'Send a test event' }).click();
    await page.getByText('The test event was delivered.').waitFor();
    await receives(before + 1);
    await look(page, 'webhooks-tried-test');
  });
});

for (const [viewport, colorScheme] of [[MIDDLE, 'light'], [PHONE, 'dark']]) {
  test(`the page is in order at ${viewport.width}px, ${colorScheme}`, async () => {
    await open(viewport, async (page) => {
      await webhooks(page);
      for (const summary of await page.locator('main summary').all()) {
        if (await summary.isVisible()) await summary.click();
      }
      await look(page, `webhooks-${colorScheme}`);
    }, { colorScheme });
  });
}
