// A reader who knows nothing starts at /docs and follows the pages' own links, buttons and
// samples: to a paid order, a verified webhook, a sale on a card machine, a bill that is
// paid at its table, and a refund. Each prints how long it took.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { MIDDLE, PHONE, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
import { start } from './server.mjs';

const run = promisify(execFile);
/** A reader has this long for each. */
const MOST_MS = 5 * 60_000;

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([start('--demo-pos=127.0.0.1:0'), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

/** A journey from the first page of the documentation. */
function journey(name, use) {
  test(name, async () => {
    const began = Date.now();
    await visit(browser, server.origin, WIDE, async (page, visitor) => {
      visitor.expectComplaints(/status of 40[149]/);
      await page.goto(`${server.origin}/docs`);
      await use(page);
    }, { httpCredentials: { username: server.key, password: '' } });
    const took = Date.now() - began;
    console.log(`${name}: ${(took / 1000).toFixed(1)} s`);
    assert.ok(took < MOST_MS, `${took} ms`);
  });
}

const article = (page) => page.locator('article.prose');
const follow = (page, words) => article(page).getByRole('link', { name: words }).first().click();
const title = (page, words) => page.getByRole('heading', { level: 1, name: words }).waitFor();

/** The text of a sample, in a language, as a reader copies it. */
async function sample(page, language, at = 0) {
  await page.getByText(language, { exact: true }).nth(at).click();
  return page.locator('.tabs').nth(at).locator('.panel:visible pre').innerText();
}

/** What stands in the page as the card to pay with. */
async function cardOf(page) {
  const text = await article(page).innerText();
  return text.match(/4456 5300 0000 1005/)[0].replaceAll(' ', '');
}

const screen = (page, name) => page.locator(`#machine[data-screen="${name}"]`).waitFor();
const machine = (page, ending) => page.getByRole('link', { name: new RegExp(`${ending}$|${ending}\\b`) }).first().click();

/** Follows a button into the portal, which asks a reader who is not signed in who they are. */
async function intoPortal(page, words) {
  await follow(page, words);
  const signIn = page.getByRole('link', { name: 'Continue as the developer of this machine' });
  await signIn.or(page.getByRole('navigation', { name: 'Portal' })).first().waitFor();
  if (await signIn.count()) await signIn.click();
}

/** Pays an order by the portal's button; its payment is left open. */
async function payOne(page) {
  await follow(page, 'Your first payment');
  await title(page, 'Your first payment');
  const card = await cardOf(page);
  await follow(page, 'Open the portal');
  await page.getByRole('button', { name: 'Create a payment' }).click();
  const [checkout] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('link', { name: 'Open the checkout' }).click(),
  ]);
  await fill(checkout, card);
  await checkout.locator('#pay').click();
  await standing(checkout, 'paid');
}

journey('a paid order', async (page) => {
  await payOne(page);
  await page.goto(`${server.origin}/portal`);
  await page.getByRole('navigation', { name: 'Portal' }).getByRole('link', { name: 'Payments' }).click();
  await page.getByRole('row', { name: /Captured/ }).first().waitFor();
});

journey('a verified webhook', async (page) => {
  await follow(page, 'Receive webhooks');
  await title(page, 'Receive webhooks');
  // The receiver uses the function of the sample before it.
  const receiver = `${await sample(page, 'Node.js')}\n${await sample(page, 'Node.js', 1)}`;
  await follow(page, 'the small client');
  await title(page, 'A small client');
  const client = await sample(page, 'Node.js');
  const folder = await mkdtemp(join(tmpdir(), 'tatami-journey-'));
  try {
    await writeFile(join(folder, 'tatami.mjs'), client);
    await writeFile(join(folder, 'receiver.mjs'), receiver);
    const { stdout } = await run(process.execPath, ['receiver.mjs'], { cwd: folder, timeout: 60_000 });
    assert.match(stdout, /payment_intent\.status_updated Captured/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

journey('a sale on a card machine', async (page) => {
  await follow(page, 'Pay at Counter');
  await title(page, 'Pay at Counter');
  await intoPortal(page, 'Open the card machines');
  await machine(page, 'SIP0');
  await screen(page, 'idle');
  await page.getByRole('button', { name: 'Send to the machine' }).click();
  await page.locator('#session').getByText('Captured').waitFor();
});

journey('a bill that is paid at its table', async (page) => {
  await follow(page, 'Pay at Table');
  await title(page, 'Pay at Table');
  await intoPortal(page, 'Open the card machines');
  await machine(page, 'MAN0');
  await screen(page, 'idle');
  const press = (name) => page.locator(`.key[data-key="${name}"][aria-disabled="false"]`).click();
  const soft = (words) => page.locator('#screen').getByRole('button', { name: words }).click();
  await press('integration');
  await page.locator('#screen').getByText('Waiter ID').first().waitFor();
  await press('ok');
  await page.locator('#orders').getByRole('button').first().click();
  await page.locator('#order-pay').click();
  await soft('In full');
  await soft('No tip');
  await screen(page, 'presentCard');
  await page.locator('#presenting [data-act="insert"][aria-disabled="false"]').click();
  await screen(page, 'enterPin');
  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  await screen(page, 'removeCard');
  await page.locator('#presenting [data-act="remove-card"][aria-disabled="false"]').click();
  await screen(page, 'approved');
  await press('ok');
  await page.locator('#order-standing[data-status="recorded"]').waitFor();
});

journey('a refund', async (page) => {
  await payOne(page);
  await page.goto(`${server.origin}/docs`);
  await follow(page, 'Refunds');
  await title(page, 'Refunds');
  await follow(page, 'Open your payments');
  await page.getByRole('row', { name: /Captured/ }).getByRole('link').first().click();
  await page.getByLabel('Amount to refund').fill('2.50');
  await page.getByRole('button', { name: 'Refund', exact: true }).click();
  await page.getByText('Refunded.', { exact: true }).waitFor();
});

test('what the reader did is marked in the checklists, which look right', async () => {
  for (const [viewport, colorScheme] of [[WIDE, 'light'], [PHONE, 'dark'], [MIDDLE, 'light']]) {
    await visit(browser, server.origin, viewport, async (page) => {
      await page.goto(`${server.origin}/docs/go-live/checkout-page`);
      await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
      await page.goto(server.origin);
      await page.getByRole('heading', { name: 'Home', exact: true }).waitFor();
      for (const [path, seen] of [
        ['go-live/checkout-page', 'paid'],
        ['go-live/overview', 'refunded-in-part'],
        ['go-live/pay-at-counter', 'sale-chip'],
        ['go-live/pay-at-table', 'table-full'],
        ['at-the-table/explorer', 'capability SearchOrders'],
      ]) {
        await page.goto(`${server.origin}/docs/${path}`);
        await page.locator(`.is-seen[data-seen="${seen}"]`).first().waitFor();
        await look(page, `docs-${path.split('/')[1]}`);
      }
    }, { colorScheme });
  }
});

for (const javaScriptEnabled of [false, true]) {
  test(`the survey leads to one recommendation, ${javaScriptEnabled ? 'and looks right' : 'without a script'}`, async () => {
    for (const viewport of [WIDE, PHONE]) {
      await visit(browser, server.origin, viewport, async (page) => {
        const see = (name) => javaScriptEnabled && look(page, name);
        await page.goto(`${server.origin}/docs/start/choose`);
        await page.getByRole('link', { name: 'Answer a few questions' }).click();
        await page.locator('.choices').waitFor();
        await see('docs-survey');
        for (const answer of [/^Online/, /^A website/, /^No/, /^Yes/]) {
          await page.locator('.choices').getByRole('link', { name: answer }).click();
        }
        await title(page, 'Components');
        await see('docs-survey-end');
        await page.locator('.choices').getByRole('link', { name: /^Components/ }).click();
        await title(page, 'Components');
        await page.getByRole('link', { name: 'Terms', exact: true }).last().click();
        await page.getByText('has not published terms').waitFor();
        await see('docs-terms');
      }, { javaScriptEnabled, colorScheme: viewport === WIDE ? 'light' : 'dark' });
    }
  });
}
