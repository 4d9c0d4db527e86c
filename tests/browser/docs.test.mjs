// The documentation: readable by everybody, at any width, with and without scripts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PHONE, WIDE, launch, look, visit } from './browser.mjs';
import { start } from './server.mjs';

/** What a page may weigh. */
const MOST_BYTES = 150_000;

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

for (const [viewport, colorScheme] of [[WIDE, 'light'], [PHONE, 'dark']]) {
  test(`looks right at ${viewport.width}px, ${colorScheme}`, async () => {
    await open(viewport, async (page) => {
      for (const [path, name] of [
        ['/docs', 'docs'],
        ['/docs/start/first-payment', 'docs-first-payment'],
        ['/docs/operate/operations', 'docs-operations'],
        ['/docs/search?q=refund', 'docs-search'],
        ['/docs/api', 'docs-api'],
        ['/docs/api/PaymentIntents_CreatePaymentIntent', 'docs-operation'],
      ]) {
        await page.goto(server.origin + path);
        await page.locator('h1').waitFor();
        await look(page, name);
      }
    }, { colorScheme });
  });
}

test('every page fits a narrow screen and is light', async () => {
  await open(PHONE, async (page) => {
    await page.goto(`${server.origin}/docs`);
    const paths = await page.locator('.menu li a').evaluateAll((links) => links.map((link) => link.pathname));
    assert.ok(paths.length > 40, `${paths.length} pages`);
    for (const path of paths) {
      const answer = await page.goto(server.origin + path);
      assert.equal(answer.status(), 200, path);
      assert.ok((await answer.body()).length < MOST_BYTES, `${path} is heavy`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${path} is ${overflow}px too wide`);
    }
  });
});

test('chooses a language once for all samples, and copies one', async () => {
  await open(WIDE, async (page) => {
    await page.goto(`${server.origin}/docs/payments/refunds`);
    const shown = page.locator('.panel:visible pre').first();
    await shown.waitFor();
    assert.match(await shown.innerText(), /^\. \.\/tatami\.sh/);
    await page.getByText('Python', { exact: true }).first().click();
    assert.match(await shown.innerText(), /^from tatami import/);
    await page.goto(`${server.origin}/docs/payments/reversals`);
    await page.locator('.panel:visible .copy').first().click();
    await page.getByText('Copied').waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^from tatami import/);
  }, { permissions: ['clipboard-read', 'clipboard-write'] });
});

test('needs no script to choose a language or to search', async () => {
  await open(WIDE, async (page) => {
    await page.goto(`${server.origin}/docs/start/first-payment`);
    await page.getByText('Rust', { exact: true }).first().click();
    assert.match(await page.locator('.panel:visible pre').first().innerText(), /fn main/);
    assert.ok((await page.locator('.panel:visible pre').first().innerText()).includes(server.key));
    await page.locator('#q').fill('virtual terminal');
    await page.keyboard.press('Enter');
    await page.locator('.hits a').first().click();
    await page.getByRole('heading', { level: 1, name: 'Virtual terminal' }).waitFor();
  }, { javaScriptEnabled: false });
});

test('calls an operation from its page', async () => {
  const { id } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(`${server.origin}/docs/api/PaymentIntents_Get`);
    await page.getByLabel(/^paymentIntentId/).fill(id);
    assert.equal(await page.getByLabel('API key').inputValue(), server.key);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('#try-status', { hasText: '200' }).waitFor();
    assert.match(await page.locator('#try-answer').innerText(), /"status": "Created"/);
    await look(page, 'docs-tried');
  });
});
