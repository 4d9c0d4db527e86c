// A shop on an origin of its own, whose pages may load components and nothing else.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { MIDDLE, PHONE, WIDE, launch } from './browser.mjs';
import { SCREENSHOTS, start } from './server.mjs';

/** What the tests of a file share: the program with these options, a browser and a shop. */
export function components(...flags) {
  const it = {};
  before(async () => {
    [it.server, it.browser] = await Promise.all([start(...flags), launch('--test-third-party-cookie-phaseout')]);
    it.shop = await openShop(it.server.origin);
  });
  after(async () => {
    await it.browser?.close();
    it.shop?.close();
    it.server?.stop();
  });
  return it;
}

/** How shops' pages look: at each width, light and dark. */
export const LOOKS = [WIDE, MIDDLE, PHONE].flatMap((viewport) => ['light', 'dark'].map((colorScheme) => ({
  viewport, colorScheme, path: colorScheme === 'dark' ? '/?dark' : '/',
})));

/** Any font of this machine. */
const FONT = (() => {
  const fonts = '/usr/share/fonts';
  const name = readdirSync(fonts, { recursive: true }).find((path) => path.endsWith('.ttf'));
  return readFileSync(join(fonts, name));
})();

/** Serves one page at every path. `lax` is what its policy allows besides. */
export function openShop(origin, lax = '') {
  const policy = `default-src 'none'; style-src 'self'; script-src ${origin}; frame-src ${origin}; ${lax}`;
  const page = (dark) => `<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shop</title><link rel="stylesheet" href="/shop.css${dark ? '?dark' : ''}">
<script src="${origin}/cdn/payments/v1/client.js"></script>
<main><h1>Corner Shop</h1><p>Two cups, £10.00</p>
<div id="card-here"></div><div id="other-here"></div>
<ul id="errors" role="alert"></ul>
<button id="pay">Pay £10.00</button><p id="result"></p></main></html>`;
  const css = (dark) => `body { margin: 0; font: 1rem/1.5 sans-serif; background: ${dark ? '#14181f' : '#fff'}; color: ${dark ? '#f0f0f0' : '#222'}; }
main { max-width: 30rem; margin: 0 auto; padding: 1rem; } button { font: inherit; padding: .75rem 1.5rem; } #errors { color: ${dark ? '#ffb4a8' : '#a00'}; }`;
  const server = createServer(({ url }, response) => {
    const { pathname, search } = new URL(url, 'http://shop');
    const dark = search === '?dark';
    if (pathname === '/shop.css') {
      response.setHeader('content-type', 'text/css');
      return response.end(css(dark));
    }
    if (pathname === '/fonts.css') {
      response.setHeader('content-type', 'text/css');
      return response.end('@font-face { font-family: Shop; src: url(/digits.ttf); unicode-range: U+30-39; } @font-face { font-family: Shop; src: url(/greek.ttf); unicode-range: U+370-3FF; }');
    }
    if (pathname === '/digits.ttf') {
      response.setHeader('access-control-allow-origin', '*');
      return response.end(FONT);
    }
    if (pathname === '/favicon.ico') return response.writeHead(204).end();
    response.setHeader('content-type', 'text/html');
    response.setHeader('content-security-policy', policy);
    return response.end(page(dark));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({
      // Another site than the program's.
      origin: `http://localhost:${server.address().port}`,
      close: () => server.close(),
    }));
  });
}

/** Puts a card component into the page. What it calls back with is noted. */
export function mount(page, token, config = {}, at = 'card-here') {
  return page.evaluate(({ token: paymentToken, config: more, at: containerId }) => {
    const notes = [];
    const note = (name) => (...args) => { notes.push([name, ...args]); };
    globalThis.cards = globalThis.cards ?? {};
    const card = new globalThis.Dojo.Payment({
      containerId,
      paymentDetails: { paymentToken },
      styles: { base: {} },
      ...more,
      onIframeLoaded: note('loaded'),
      onIframeLoadFailed: note('loadFailed'),
      callbacks: { onFormComplete: note('complete'), onFormFieldValid: note('fieldValid') },
    }, note('errors'), note('submit'), note('blur'));
    globalThis.cards[containerId] = { card, notes };
  }, { token, config, at });
}

/** What the component at that place has called back with, by that name. */
export const notes = (page, name, at = 'card-here') => page.evaluate(
  ({ name: wanted, at: place }) => globalThis.cards[place].notes.filter(([n]) => n === wanted).map(([, ...args]) => args),
  { name, at },
);

/** Waits until it has called back by that name with this, and with nothing later. What a
    frame tells reaches the page a moment after it is done. */
export const lastNoted = (page, name, args, at = 'card-here') => page.waitForFunction(
  ({ name: wanted, args: expected, at: place }) => {
    const last = globalThis.cards[place].notes.filter(([n]) => n === wanted).at(-1);
    return last !== undefined && JSON.stringify(last.slice(1)) === JSON.stringify(expected);
  },
  { name, args, at },
);

/** Waits until it has called back by that name. */
export const noted = (page, name, at = 'card-here') => page.waitForFunction(
  ({ name: wanted, at: place }) => globalThis.cards[place].notes.some(([n]) => n === wanted),
  { name, at },
);

/** Begins a payment; `done()` is what comes of it. */
export async function execute(page, info, at = 'card-here') {
  await page.evaluate(({ info: details, at: place }) => {
    const it = globalThis.cards[place];
    it.outcome = it.card.executePayment(details ?? undefined).then((value) => ({ fulfilled: value }), (value) => ({ rejected: value }));
  }, { info, at });
  return () => page.evaluate((place) => globalThis.cards[place].outcome, at);
}

/** The frame of the component at that place. */
export const frameAt = (page, at = 'card-here') => page.frameLocator(`#${at} iframe`);

/** Puts a wallet component into the page. What it calls back with is noted. */
export function mountWallet(page, token, config = {}, at = 'card-here') {
  return page.evaluate(({ token: paymentToken, config: more, at: containerId }) => {
    const notes = [];
    const note = (name) => (...args) => { notes.push([name, ...args]); };
    globalThis.cards = { ...globalThis.cards, [containerId]: { notes } };
    new globalThis.Dojo.WalletPayment({
      containerId,
      paymentDetails: { paymentToken },
      ...more,
      onIframeLoaded: note('loaded'),
      onIframeLoadFailed: note('loadFailed'),
      callbacks: { onPaymentInitiated: note('initiated'), onPaymentCancelled: note('cancelled') },
    }, note('errors'), note('paid'));
  }, { token, config, at });
}

/** Holds a frame to accessibility and to its width, and takes a picture of the page. */
export async function lookAt(page, frame, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const { width } = page.viewportSize();
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}.png`), fullPage: true });
  const behind = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const { findings, overflow } = await frame.locator('body').evaluate(async (_, background) => {
    // What shines through the frame, which axe does not see from inside.
    document.documentElement.style.background = background;
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    document.documentElement.style.background = '';
    return {
      findings: violations
        .filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      overflow: document.documentElement.scrollWidth - window.innerWidth,
    };
  }, behind);
  assert.deepEqual(findings, [], `axe on ${name} at ${width}`);
  assert.ok(overflow <= 0, `${name} is ${overflow}px wider than its frame at ${width}`);
}
