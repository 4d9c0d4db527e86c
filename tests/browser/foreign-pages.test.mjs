// Pages from elsewhere, in a browser that has signed in here: they change nothing.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';

import { launch, signIn } from './browser.mjs';
import { start } from './server.mjs';

let server;
let browser;
let elsewhere;
before(async () => {
  [server, browser, elsewhere] = await Promise.all([
    start(), launch('--host-resolver-rules=MAP *.shop.test 127.0.0.1, MAP stranger.test 127.0.0.1'), serveEmptyPages(),
  ]);
});
after(async () => {
  await browser?.close();
  elsewhere?.close();
  server?.stop();
});

beforeEach(async () => {
  for (const { tid, actions } of await server.machines()) {
    for (const way of ['power-on', 'restore-line']) if (actions.includes(way)) await server.press(tid, way);
  }
});

/** A server of other pages, on a port of its own. */
function serveEmptyPages() {
  const other = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!DOCTYPE html><title>Elsewhere</title><link rel="icon" href="data:,"><iframe name="sink"></iframe>');
  });
  return new Promise((resolve) => { other.listen(0, '127.0.0.1', () => resolve(other)); });
}

const port = (url) => new URL(url).port;

/** What could be changed, in words. */
async function state() {
  const [machines, { now }] = await Promise.all([server.machines(), server.clock()]);
  const { data } = await server.search();
  return {
    machines: machines.map(({ tid, power, line, nextOutcome, pace }) => ({ tid, power, line, nextOutcome: nextOutcome ?? null, pace })),
    // Moved ahead by an hour, if it is moved.
    clockIsMoved: Date.parse(now) - Date.now() > 60_000,
    intents: (data ?? []).map(({ id, status }) => [id, status]).sort(),
  };
}

/** What a page may try, each with its own means. */
const TRIES = {
  async form({ url, type, body }) {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: url, enctype: type, target: 'sink' });
    if (body) {
      // The trick that makes a form's text JSON.
      const input = document.createElement('input');
      input.name = body.slice(0, -1);
      input.value = '"}';
      form.append(input);
    }
    document.body.append(form);
    const loaded = new Promise((resolve) => { document.querySelector('iframe').addEventListener('load', resolve, { once: true }); });
    form.submit();
    await loaded;
  },
  async plain({ url, method, body, type }) {
    const content = body && new Blob([body], { type });
    await fetch(url, { method, body: content, mode: 'no-cors', credentials: 'include' }).catch(() => {});
  },
  async cors({ url, method, body }) {
    await fetch(url, { method, body, credentials: 'include', headers: { 'content-type': 'application/json' } }).catch(() => {});
  },
  async beacon({ url, body }) {
    navigator.sendBeacon(url, new Blob([body ?? ''], { type: 'text/plain' }));
    // Beacons answer nothing; a read after it comes later on the same connection.
    await fetch(url, { mode: 'no-cors', credentials: 'include' }).catch(() => {});
  },
  async image({ url }) {
    const image = new Image();
    const done = new Promise((resolve) => { image.onload = resolve; image.onerror = resolve; });
    image.src = url;
    await done;
  },
};

/** Each of them, against what the page of a machine calls and the form of the clock. */
function tries(at, clock, tid, intent) {
  const machine = `${at}/sandbox/card-machines/${tid}`;
  const order = '{"amount":{"value":1,"currencyCode":"GBP"},"reference":"Theirs"}';
  const ahead = '{"by":"01:00:00"}';
  return [
    ...['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'].map((type) => ['form', { url: `${machine}/power-off`, type }]),
    ['form', { url: `${at}/sandbox/clock/advance`, type: 'text/plain', body: '{"by":"01:00:00","x":"}' }],
    ['form', { url: `${at}/payment-intents`, type: 'text/plain', body: order }],
    ['form', { url: `${at}/payment-intents/${intent}/reversal`, type: 'text/plain' }],
    ['plain', { url: `${machine}/power-off`, method: 'POST' }],
    ['plain', { url: `${machine}/lose-line`, method: 'POST', body: '{}', type: 'text/plain' }],
    ['plain', { url: `${at}/sandbox/clock/advance`, method: 'POST', body: ahead, type: '' }],
    ['plain', { url: `${at}/payment-intents`, method: 'POST', body: order, type: '' }],
    ['plain', { url: clock, method: 'POST', body: 'by=hour', type: 'application/x-www-form-urlencoded' }],
    ['cors', { url: `${machine}/power-off`, method: 'POST', body: '{}' }],
    ['cors', { url: `${at}/payment-intents/${intent}`, method: 'DELETE' }],
    ['cors', { url: `${machine}/next-outcome`, method: 'PUT', body: '{"outcome":"declined","entry":"inserted","verification":"pin"}' }],
    ['beacon', { url: `${machine}/power-off` }],
    ['image', { url: `${machine}/power-off` }],
    ['image', { url: `${at}/sandbox/clock/advance` }],
  ];
}

async function signedIn(at, use) {
  const context = await browser.newContext();
  try {
    await signIn(context, server, at);
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

for (const [who, name, foreign] of [
  ['another port', '127.0.0.1', '127.0.0.1'],
  ['another port, by name', 'pay.shop.test', 'pay.shop.test'],
  ['a sibling name', 'pay.shop.test', 'blog.shop.test'],
  ['another site', '127.0.0.1', 'stranger.test'],
  ['another site, by name', 'pay.shop.test', 'stranger.test'],
]) {
  test(`a page from ${who} changes nothing with the sign-in that the browser keeps`, async () => {
    const { id } = await server.create({ reference: 'Ours' });
    const [{ tid }] = await server.machines();
    const at = `http://${name}:${port(server.origin)}`;
    await signedIn(at, async (page) => {
      await page.goto(`${at}/card-machines/${tid}`);
      const calls = await page.locator('[data-calls]').getAttribute('data-calls');
      await page.locator('#machine[data-screen="idle"]').waitFor();
      const before = await state();
      await page.goto(`http://${foreign}:${elsewhere.address().port}/`);
      for (const [how, what] of tries(at + calls, at + calls.replace(/calls$/, 'clock'), tid, id)) {
        await page.evaluate(TRIES[how], what);
        assert.deepEqual(await state(), before, `${how}: ${JSON.stringify(what)}`);
      }
    });
  });
}

test('the page itself does what it is for, at any name it is reached by', async () => {
  const [{ tid }] = await server.machines();
  for (const name of ['127.0.0.1', 'localhost', 'pay.shop.test']) {
    const at = `http://${name}:${port(server.origin)}`;
    await signedIn(at, async (page) => {
      await page.goto(`${at}/card-machines/${tid}`);
      await page.locator('#machine[data-screen="idle"]').waitFor();
      await page.locator('#battery').click();
      await page.locator('#machine[data-screen="off"]').waitFor();
      await page.locator('#battery').click();
      await page.locator('#machine[data-screen="idle"]').waitFor();
      await page.locator('#next-outcome').selectOption('declined');
      await page.getByRole('button', { name: 'Play this next' }).click();
      await page.locator('#next-told').filter({ hasText: 'Declined' }).waitFor();
      await page.getByRole('button', { name: 'Take it back' }).click();
      await page.locator('#next-told').filter({ hasText: 'what its TID says' }).waitFor();
    });
  }
});
