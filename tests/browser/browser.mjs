// A payer's browser that tolerates nothing: no error on the console, no request
// to anybody but the program, no serious finding of axe.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

import { SCREENSHOTS } from './server.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
/** The shop that payers return to; its pages are made up here. */
export const SHOP = 'https://shop.example';
export const WIDE = { width: 1280, height: 900 };
export const MIDDLE = { width: 768, height: 900 };
export const PHONE = { width: 320, height: 640 };

const PATIENCE_MS = 30000;
/** Milliseconds that each request of a page waits first. With it, a test that reads what a
    script has yet to fetch fails on a fast machine, too. */
const LATENCY_MS = Number(process.env.TATAMI_BROWSER_LATENCY_MS ?? 0);

export const launch = (...flags) => chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });

/** Opens a page, hands it to `use`, and then holds it to its promises. It may ask
    `origin`, which may be several, and nobody else. With a `session` the developer of that
    server is signed in; one whose test cuts the line itself has no latency. */
export async function visit(browser, origin, viewport, use, { session, cutsLine = false, ...options } = {}) {
  const origins = [origin].flat();
  const context = await browser.newContext({ viewport, ...options });
  const complaints = [];
  const meant = [];
  const strangers = [];
  const heard = new EventEmitter();
  const complain = (text) => {
    complaints.push(text);
    heard.emit('complaint');
  };
  const note = (page) => {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complain(`${message.text()} at ${message.location().url}`);
    });
    page.on('pageerror', (error) => complain(String(error)));
    if (LATENCY_MS && !cutsLine) slow(context, page);
  };
  context.on('page', note);
  await context.addInitScript(axe.source);
  await context.route((url) => !origins.includes(url.origin), (route) => {
    if (new URL(route.request().url()).origin === SHOP) {
      return route.fulfill({ contentType: 'text/html', body: '<!DOCTYPE html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title><h1>Shop</h1></html>' });
    }
    strangers.push(route.request().url());
    return route.abort();
  });
  if (session) await signIn(context, session);
  const page = await context.newPage();
  try {
    await use(page, {
      /** These complaints are the browser's own, about an answer that is meant. They may
          come later than what is seen on the page. */
      expectComplaints: (pattern) => { meant.push(pattern); },
      /** Waits for such a complaint, too. */
      async complained(pattern) {
        meant.push(pattern);
        const signal = AbortSignal.timeout(PATIENCE_MS);
        while (!complaints.some((text) => pattern.test(text))) await once(heard, 'complaint', { signal });
      },
    });
    assert.deepEqual(strangers, [], 'requests to others');
    const others = complaints.filter((text) => !meant.some((pattern) => pattern.test(text)));
    assert.deepEqual(others, [], 'complaints on the console');
  } catch (error) {
    // What a person would look for first.
    const seen = await page.locator('body').innerText({ timeout: 1000 }).catch(() => 'nothing');
    error.message += `\nThe page ${page.url().split('?')[0]} says:\n${seen}`;
    throw error;
  } finally {
    await context.close();
  }
}

async function slow(context, page) {
  const devtools = await context.newCDPSession(page);
  const unlimited = { offline: false, downloadThroughput: -1, uploadThroughput: -1 };
  await devtools.send('Network.emulateNetworkConditions', { ...unlimited, latency: LATENCY_MS });
}

/** Signs the developer of a server in, at the name that the server is reached by. */
export async function signIn(context, server, origin = server.origin) {
  const { pathname } = new URL(await server.portal());
  const page = await context.newPage();
  await page.goto(origin + pathname);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await page.close();
}

/** Takes a screenshot, and holds the page to accessibility and to its width. */
export async function look(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const { width } = page.viewportSize();
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}.png`), fullPage: true });
  const findings = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
  assert.deepEqual(findings, [], `axe on ${name} at ${width}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow}px wider than ${width}`);
}

export const CARDS = {
  approved: '4456530000001005',
  challenge: '4456530000001096',
  declined: '4456530000001013',
};

export async function fill(page, number, changes = {}) {
  const card = { 'card-number': number, expiry: '1239', cv2: '020', 'card-name': 'Ada Lovelace', ...changes };
  for (const [id, value] of Object.entries(card)) await page.locator(`#${id}`).fill(value);
}

/** The bank's page: in its frame, or as a page of its own. */
export async function theBank(page) {
  const frame = page.locator('#challenge-frame');
  const own = page.locator('#bank-amount');
  await Promise.race([
    frame.contentFrame().locator('#bank-amount').waitFor(),
    own.waitFor(),
  ]);
  if (await own.count()) return page.mainFrame();
  return (await frame.elementHandle()).contentFrame();
}

/** Confirms at the bank. */
export async function approve(bank) {
  await bank.locator('#code').fill('123456');
  await bank.locator('#approve').click();
}

/** The number of the test card that the page of test cards describes so. */
export async function testCard(origin, about) {
  const page = await (await fetch(`${origin}/docs/test-cards`)).text();
  const row = page.split('<tr').find((text) => text.toLowerCase().includes(about));
  return /(?:\d{4} ?){3,4}\d*/.exec(row)[0];
}

/** Waits for the page that tells how the payment stands. */
export async function standing(page, state) {
  await page.locator(`#state[data-state="${state}"]`).waitFor();
}
