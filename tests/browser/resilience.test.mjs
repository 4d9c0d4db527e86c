// What goes wrong on the way: connections that are lost, keys that are pressed twice, pages
// that are left and come back to, a program that is killed. Never two charges, always the
// true result.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';

import { CARDS, MIDDLE, PHONE, WIDE, approve, fill, launch, look, standing, testCard, theBank, visit } from './browser.mjs';
import { POSTGRES, database, start } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

const open = (viewport, use, options) => visit(browser, server.origin, viewport, use, { cutsLine: true, ...options });
const told = (page) => page.locator('#error-summary:visible');
const says = (page, text) => page.locator('#pay-status').filter({ hasText: text }).waitFor();
const free = (page) => page.locator('#pay:enabled:not([aria-busy="true"])').waitFor();

async function eventsOf(id) {
  return (await server.intent(id)).paymentEvents.map((event) => event.eventType);
}

/** The paths that a page posts to from now on, each once. */
function posts(page) {
  const paths = new Set();
  page.on('request', (asked) => { if (asked.method() === 'POST') paths.add(new URL(asked.url()).pathname); });
  return paths;
}

/** The next card that is sent arrives, or does not, and its answer is lost. */
async function loseAnswer(page, arrives) {
  const lost = {};
  await page.route('**/connect-e/**', async (route) => {
    lost.request = route.request();
    if (arrives) await route.fetch();
    await route.abort('connectionreset');
  }, { times: 1 });
  return lost;
}

for (const viewport of [WIDE, MIDDLE, PHONE]) {
  test(`a card that cannot be sent is sent once the line is back, with the same secret, at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await server.create();
    await open(viewport, async (page, { expectComplaints }) => {
      await page.goto(paymentLink);
      await fill(page, CARDS.approved);
      const asked = posts(page);
      await page.context().setOffline(true);
      await page.locator('#pay').click();
      await says(page, /connection was lost/i);
      await look(page, 'line-lost');
      assert.equal((await server.intent(id)).status, 'Created');
      await page.context().setOffline(false);
      await standing(page, 'paid');
      assert.equal(asked.size, 1, [...asked].join(' '));
      expectComplaints(/ERR_/);
    });
    assert.deepEqual(await eventsOf(id), ['Captured']);
  });
}

test('a line that is lost for long gives the form back, and nothing is sent unasked', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page, { expectComplaints }) => {
    await page.clock.install();
    await page.goto(paymentLink);
    await fill(page, CARDS.approved);
    await page.context().setOffline(true);
    await page.locator('#pay').click();
    await says(page, /goes on by itself/);
    await page.clock.runFor(130_000);
    await says(page, /find out whether/);
    await page.context().setOffline(false);
    await told(page).filter({ hasText: /nothing was taken/i }).waitFor();
    await free(page);
    await look(page, 'line-back');
    assert.equal(await page.locator('#card-number').inputValue(), '4456 5300 0000 1005', 'the form is kept');
    assert.deepEqual(await eventsOf(id), []);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    expectComplaints(/ERR_/);
  });
  assert.deepEqual(await eventsOf(id), ['Captured']);
});

test('a card that did not arrive is sent again, and takes nothing when it arrives after all', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page, { expectComplaints }) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.approved);
    const lost = await loseAnswer(page, false);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    const late = await fetch(lost.request.url(), {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: lost.request.postData(),
    });
    assert.equal(late.status, 401);
    expectComplaints(/ERR_/);
  });
  assert.deepEqual(await eventsOf(id), ['Captured']);
});

for (const [how, card, events] of [
  ['approved', CARDS.approved, ['Captured']],
  ['declined', CARDS.declined, ['Declined']],
  ['to be confirmed at the bank', CARDS.challenge, ['AuthChallenged', 'Captured']],
]) {
  test(`a card that is ${how} is not tried again because its answer is lost`, async () => {
    const { id, paymentLink } = await server.create();
    await open(WIDE, async (page, { expectComplaints }) => {
      await page.goto(paymentLink);
      await fill(page, card);
      await loseAnswer(page, true);
      await page.locator('#pay').click();
      if (card === CARDS.declined) {
        await told(page).filter({ hasText: /declined/i }).waitFor();
        await free(page);
      } else {
        if (card === CARDS.challenge) await approve(await theBank(page));
        await standing(page, 'paid');
      }
      expectComplaints(/ERR_|401/);
    });
    assert.deepEqual(await eventsOf(id), events);
  });
}

for (const arrives of [false, true]) {
  test(`a line that breaks after the bank's check is bridged, whether the proof ${arrives ? 'arrived' : 'did not arrive'}`, async () => {
    const { id, paymentLink } = await server.create();
    await open(WIDE, async (page, { expectComplaints }) => {
      await page.goto(paymentLink);
      await fill(page, CARDS.challenge);
      await page.locator('#pay').click();
      const bank = await theBank(page);
      await loseAnswer(page, arrives);
      await approve(bank);
      await standing(page, 'paid');
      expectComplaints(/ERR_|40[0-9]/);
    });
    assert.deepEqual(await eventsOf(id), ['AuthChallenged', 'Captured']);
  });

  test(`a card is kept once, whether it ${arrives ? 'arrived' : 'did not arrive'} when the line broke`, async () => {
    const { id } = await server.setUp();
    await open(WIDE, async (page, { expectComplaints }) => {
      await page.goto(server.link(id));
      await fill(page, CARDS.approved);
      await page.locator('#consent').check();
      await loseAnswer(page, arrives);
      await page.locator('#pay').click();
      await standing(page, 'saved');
      expectComplaints(/ERR_|40[19]/);
    });
    assert.equal((await server.setup(id)).status, 'Authorized');
  });
}

test('a button that is pressed twice, and keys that are, pay once', async () => {
  for (const press of [
    (page) => page.locator('#pay').dblclick(),
    async (page) => {
      await page.locator('#card-name').focus();
      for (let n = 0; n < 3; n += 1) await page.keyboard.press('Enter');
    },
  ]) {
    const { id, paymentLink } = await server.create();
    await open(WIDE, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      await fill(page, CARDS.approved);
      await press(page);
      await standing(page, 'paid');
    });
    assert.deepEqual(await eventsOf(id), ['Captured']);
  }
});

test('a message that appears when a field is left does not move the button from under the mouse', async () => {
  const { paymentLink } = await server.create({ config: { payment: { customAmountAllowed: true } } });
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await page.locator('#pay:enabled').waitFor();
    await fill(page, CARDS.approved, { 'custom-amount': 'x' });
    await page.locator('#custom-amount').focus();
    const place = () => page.locator('#pay').boundingBox();
    const before = await place();
    await page.mouse.move(before.x + before.width / 2, before.y + 4);
    await page.mouse.down();
    assert.deepEqual(await place(), before);
    await page.mouse.up();
    await told(page).waitFor();
    assert.ok(await page.locator('#custom-amount-error').isVisible());
  });
});

/** How the payment stands, as the page asks. */
const stands = async (id) => (await (await fetch(`${server.link(id)}/status`)).json()).state;

test('a page that is loaded again while it pays waits for the result', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await fill(page, await testCard(server.origin, 'slow'));
    await page.locator('#pay').click();
    await page.locator('#pay[aria-busy="true"]').waitFor();
    while (await stands(id) === 'payable');
    await page.reload();
    await standing(page, 'processing');
    await look(page, 'state-processing');
    await standing(page, 'paid');
  });
  assert.deepEqual(await eventsOf(id), ['Captured']);
});

test('the back button leads to no form that could pay again', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    await page.goBack();
    await standing(page, 'paid');
    assert.equal(await page.locator('#card-number').count(), 0);
  });
  assert.deepEqual(await eventsOf(id), ['Captured']);
});

test('who goes back from the bank’s page pays with another card', async () => {
  const { id, paymentLink } = await server.create();
  await open(PHONE, async (page, { expectComplaints }) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.challenge);
    await page.locator('#pay').click();
    await page.locator('#bank-amount').waitFor();
    await page.goBack();
    await page.locator('#pay:enabled').waitFor();
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    expectComplaints(/401/);
  });
  assert.deepEqual(await eventsOf(id), ['AuthChallenged', 'Captured']);
});

/** Passes everything on to one of several programs: what stands before them in operation.
    The answer to a card from the first of them is kept back until it is killed. */
function openBalancer() {
  const balancer = {
    to: undefined,
    keeps: true,
    drop() {
      balancer.keeps = false;
      it.closeAllConnections();
    },
    close() {
      it.closeAllConnections();
      it.close();
    },
  };
  const it = createServer((asked, answer) => {
    const { port } = new URL(balancer.to);
    const isCard = asked.method === 'POST' && asked.url.startsWith('/connect-e/');
    const on = request({ port, host: '127.0.0.1', method: asked.method, path: asked.url, headers: asked.headers }, (got) => {
      if (isCard && balancer.keeps) return got.resume();
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
      got.on('error', () => answer.destroy());
    });
    on.on('error', () => answer.destroy());
    asked.pipe(on);
  });
  return new Promise((resolve) => {
    it.listen(0, '127.0.0.1', () => resolve(Object.assign(balancer, { origin: `http://127.0.0.1:${it.address().port}` })));
  });
}

if (POSTGRES) {
  test('a program that is killed while it pays is followed by another, and the page tells the result', async () => {
    const balancer = await openBalancer();
    const key = () => randomBytes(32).toString('base64url');
    const options = [...database(), '--public-url', balancer.origin, '--installation-key', key(), '--vault-key', key()];
    const first = await start(...options);
    const second = await start(...options);
    balancer.to = first.origin;
    const { id, paymentLink } = await second.create();
    await visit(browser, balancer.origin, WIDE, async (page, { expectComplaints }) => {
      await page.goto(paymentLink);
      await fill(page, await testCard(second.origin, 'slow'));
      await page.locator('#pay').click();
      while ((await second.books()).length === 0);
      balancer.to = second.origin;
      first.stop();
      balancer.drop();
      await second.advance('00:00:31');
      await standing(page, 'paid');
      expectComplaints(/ERR_|40[19]/);
    });
    const { paymentEvents, status } = await second.intent(id);
    assert.equal(status, 'Captured');
    assert.equal(paymentEvents.length, 1);
    assert.equal((await second.books()).filter(({ operation, outcome }) => operation === 'charge' && outcome === 'approved').length, 1);
    second.stop();
    balancer.close();
  });
}
