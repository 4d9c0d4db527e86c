// The published samples of components, run against our script with only hosts changed. They
// are read from beside the repository (or where TATAMI_PUBLISHED says), and left out where
// they are not there.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { CARDS, WIDE, fill, launch, visit } from './browser.mjs';
import { start } from './server.mjs';

const BESIDE = process.env.TATAMI_PUBLISHED ?? new URL('../../../shared', import.meta.url).pathname;
const PAGE = `${BESIDE}/docs/components.md`;
const CLOSING = { '{': '}', '(': ')', '[': ']' };

/** The scripts of a page that say that, as they are published. */
function published(text, ...words) {
  const blocks = [...text.matchAll(/```js title="script\.js"\n(.*?)```/gs)].map(([, code]) => code.trim());
  const found = words.map((word) => blocks.find((code) => code.includes(word)));
  assert.ok(found.every(Boolean), `a sample with ${words}`);
  return found;
}

/** A script whose lines are one: their ends are put back where it matters, after comments
    and before declarations. */
const unfolded = (code) => code.replaceAll(/\/\/ [^{}]*? (?=const |headers:|method:|body:)/g, '').replaceAll(/ (?=const )/g, '\n');

/** What the published part leaves open is closed. */
function closed(code) {
  const open = [];
  for (const [part] of code.matchAll(/'[^']*'|"[^"]*"|[{}()[\]]/g)) {
    if (CLOSING[part]) open.push(CLOSING[part]);
    else if (part === open.at(-1)) open.pop();
  }
  return code + open.reverse().join('');
}

/** The page that a sample is for: the elements that it names, and the sample. */
function pageOf(origin, shown, [errors, setup, request]) {
  const script = `${unfolded(errors)}\n${closed(unfolded(request) + unfolded(setup))}`;
  const ids = new Set([...script.matchAll(/(?:getElementById\(|containerId: )['"]([\w-]+)['"]/g)].map(([, id]) => id));
  const elements = [...ids].map((id) => (id === 'testPay' ? `<button id="${id}">Pay</button>` : `<div id="${id}"${id === 'demo-result' ? ' hidden' : ''}></div>`));
  const hosted = script.replaceAll('https://fonts.googleapis.com', shown);
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Sample</title>
<script src="${origin}/cdn/payments/v1/client.js"></script><h1>Sample</h1>${elements.join('')}<script>${hosted}</script></html>`;
}

/** A shop with the samples' server: \`POST /checkout\` gives a secret. */
function openShop(server, samples) {
  const shop = createServer(async ({ method, url }, response) => {
    const at = `http://localhost:${shop.address().port}`;
    if (method === 'POST') {
      const { id } = await server.create({ paymentMethods: ['Card', 'Wallet'] });
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify({ clientSessionSecret: await server.renew(id) }));
    }
    if (url.startsWith('/css')) {
      response.setHeader('content-type', 'text/css');
      return response.end('');
    }
    response.setHeader('content-type', 'text/html');
    return response.end(pageOf(server.origin, at, samples[url.slice(1)]));
  });
  return new Promise((resolve) => { shop.listen(0, '127.0.0.1', () => resolve(shop)); });
}

function run() {
  let server;
  let browser;
  let shop;
  before(async () => {
    [server, browser] = await Promise.all([start(), launch()]);
    const text = readFileSync(PAGE, 'utf8');
    shop = await openShop(server, {
      card: published(text, 'function displayErrorsCallback', 'new Dojo.Payment(', "fetch('/checkout'"),
      wallet: published(text, 'function displayErrorsCallback', 'new Dojo.WalletPayment(', "fetch('/checkout'"),
    });
  });
  after(async () => {
    await browser?.close();
    shop?.close();
    server?.stop();
  });

  const open = (name, use) => {
    const origin = `http://localhost:${shop.address().port}`;
    return visit(browser, [server.origin, origin], WIDE, async (page, tools) => {
      await page.goto(`${origin}/${name}`);
      const done = async () => {
        await page.locator('#status-code', { hasText: /\d/ }).waitFor();
        return [await page.locator('#status-code').innerText(), await page.locator('#auth-code').innerText()];
      };
      await use(page, done, tools);
    });
  };

  test('the published card component pays', async () => {
    await open('card', async (page, done) => {
      const frame = page.frameLocator('#demo-payment iframe');
      await frame.locator('body.ready').waitFor();
      await page.locator('#testPay').click();
      await page.locator('#errors', { hasText: /\S/ }).waitFor();
      await page.locator('#testPay', { hasText: 'Pay' }).waitFor();
      await fill(frame, CARDS.approved);
      await page.locator('#testPay').click();
      const [code, auth] = await done();
      assert.equal(code, '0');
      assert.match(auth, /\S/);
    });
  });

  test('the published card component tells of a decline', async () => {
    await open('card', async (page, done) => {
      const frame = page.frameLocator('#demo-payment iframe');
      await frame.locator('body.ready').waitFor();
      await fill(frame, CARDS.declined);
      await page.locator('#testPay').click();
      assert.equal((await done())[0], '5');
    });
  });

  test('the published wallet component pays', async () => {
    await open('wallet', async (page, done) => {
      const frame = page.frameLocator('#demo-payment-wallet iframe');
      await frame.getByRole('button', { name: /wallet/i }).click();
      await frame.getByRole('dialog').getByLabel('E-mail address').fill('ada@example.com');
      await frame.getByRole('button', { name: 'Confirm' }).click();
      const [code, auth] = await done();
      assert.equal(code, '0');
      assert.match(auth, /\S/);
      assert.match(await page.locator('#message').innerText(), /\S/);
    });
  });
}

if (existsSync(PAGE)) run();
else console.log('no published samples here: skipped');
