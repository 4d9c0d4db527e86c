// The card component in the page of a shop from elsewhere.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { CARDS, PHONE, WIDE, fill, visit } from './browser.mjs';
import { LOOKS, components, execute, frameAt, lastNoted, lookAt, mount, noted, notes, openShop } from './shops.mjs';

const all = components();

async function order(changes = {}) {
  const { id } = await all.server.create(changes);
  return { id, token: await all.server.renew(id) };
}

const open = (use, { viewport = WIDE, path = '/', ...options } = {}) => visit(all.browser, [all.server.origin, all.shop.origin], viewport, async (page, tools) => {
  await page.goto(all.shop.origin + path);
  await use(page, tools);
}, options);

/** A page with a component that is ready. */
const withCard = (use, options = {}) => open(async (page, tools) => {
  const { id, token } = await order(options.order);
  await mount(page, token, options.config);
  await noted(page, 'loaded');
  await use({ page, id, token, frame: frameAt(page), ...tools });
}, options);

const bankIn = (frame) => frame.frameLocator('#challenge-frame');

for (const { viewport, path, colorScheme } of LOOKS) {
  test(`a card pays in a shop's ${colorScheme} page at ${viewport.width}px`, async () => {
    await withCard(async ({ page, id, frame }) => {
      await lookAt(page, frame, `component-${colorScheme}`);
      assert.equal(await page.locator('#card-here iframe').count(), 1, 'a frame is a child of the container');
      await fill(frame, CARDS.approved);
      assert.equal(await frame.locator('#card-number').inputValue(), '4456 5300 0000 1005');
      assert.equal(await frame.locator('#card-scheme').innerText(), 'Visa');
      await lookAt(page, frame, `component-filled-${colorScheme}`);
      const done = await execute(page);
      const { fulfilled } = await done();
      assert.equal(fulfilled.statusCode, 0);
      assert.match(fulfilled.authCode, /\S/);
      assert.match(fulfilled.message, /\S/);
      assert.equal((await all.server.intent(id)).status, 'Captured');
    }, { viewport, path, colorScheme });
  });
}

test('the shop has the payer’s details go with the payment', async () => {
  await withCard(async ({ page, id, frame }) => {
    await fill(frame, CARDS.approved);
    const done = await execute(page, {
      userEmailAddress: 'ada@example.com',
      userPhoneNumber: '020 7946 0000',
      billingAddress: { address1: '1 High Street', city: 'London', postcode: 'SW1A 1AA', countryCode: '826' },
      shippingDetails: { name: 'Ada', address: { postcode: 'SW1A 1AA', countryCode: '826' } },
      metaData: { basket: '17' },
    });
    assert.equal((await done()).fulfilled.statusCode, 0);
    const paid = await all.server.intent(id);
    assert.equal(paid.metadata.basket, '17');
    assert.equal(paid.billingAddress.countryCode, 'GB');
    assert.equal(paid.customer.emailAddress, 'ada@example.com');
  });
});

test('a declined card uses the token up, and a new component with a renewed one pays', async () => {
  await withCard(async ({ page, id, frame, complained }) => {
    await fill(frame, CARDS.declined);
    const { fulfilled } = await (await execute(page))();
    assert.equal(fulfilled.statusCode, 5);
    assert.equal(fulfilled.authCode, undefined);
    assert.match(fulfilled.message, /declined/i);
    assert.equal((await all.server.intent(id)).status, 'Created');

    await fill(frame, CARDS.approved);
    const { rejected } = await (await execute(page))();
    assert.equal(rejected.statusCode, 401);
    await complained(/401/);

    await mount(page, await all.server.renew(id));
    await noted(page, 'loaded');
    assert.equal(await page.locator('#card-here iframe').count(), 1, 'it takes the place of the first');
    await fill(frameAt(page), CARDS.approved);
    assert.equal((await (await execute(page))()).fulfilled.statusCode, 0);
    assert.equal((await all.server.intent(id)).status, 'Captured');
  });
});

test('a token is not used up by a wrong form, and is of no use after half an hour', async () => {
  await withCard(async ({ page, id, frame, complained }) => {
    const { rejected } = await (await execute(page))();
    assert.equal(rejected.statusCode, 400);
    await all.server.advance('00:31:00');
    await fill(frame, CARDS.approved);
    const late = await (await execute(page))();
    assert.equal(late.rejected.statusCode, 401);
    await complained(/401/);
    assert.equal((await all.server.intent(id)).status, 'Created');
  });
});

for (const viewport of [WIDE, PHONE]) {
  test(`a 3-D Secure check is passed in the component at ${viewport.width}px`, async () => {
    await withCard(async ({ page, id, frame }) => {
      await fill(frame, CARDS.challenge);
      const done = await execute(page);
      const bank = bankIn(frame);
      await bank.locator('#code').waitFor();
      await lookAt(page, frame, 'component-challenge');
      await lookAt(page, bank, 'component-bank');
      await bank.locator('#code').fill('000000');
      await bank.locator('#approve').click();
      await bank.locator('#code-error').waitFor();
      await bank.locator('#code').fill('123456');
      await bank.locator('#approve').click();
      assert.equal((await done()).fulfilled.statusCode, 0);
      assert.equal((await all.server.intent(id)).status, 'Captured');
    }, { viewport });
  });
}

test('a check that is refused is a decline', async () => {
  await withCard(async ({ page, id, frame }) => {
    await fill(frame, CARDS.challenge);
    const done = await execute(page);
    await bankIn(frame).locator('#refuse').click();
    assert.equal((await done()).fulfilled.statusCode, 5);
    assert.equal((await all.server.intent(id)).status, 'Created');
  });
});

for (const [how, leave] of Object.entries({
  'at the bank’s page': ({ frame }) => bankIn(frame).locator('#cancel').click(),
  'by the component’s button': ({ frame }) => frame.locator('#challenge-close').click(),
  'with Escape': async ({ page, frame }) => {
    await bankIn(frame).locator('#code').waitFor();
    await page.keyboard.press('Escape');
  },
})) {
  test(`a check that is left ${how} is told as such`, async () => {
    await withCard(async (it) => {
      await fill(it.frame, CARDS.challenge);
      const done = await execute(it.page);
      await bankIn(it.frame).locator('#code').waitFor();
      await leave(it);
      const { rejected } = await done();
      assert.equal(rejected.statusCode, 90);
      assert.match(rejected.message, /\S/);
      assert.equal((await all.server.intent(it.id)).status, 'Created');
      await mount(it.page, await all.server.renew(it.id));
      await noted(it.page, 'loaded');
      await fill(frameAt(it.page), CARDS.approved);
      assert.equal((await (await execute(it.page))()).fulfilled.statusCode, 0);
    });
  });
}

const REQUIRED = ['cardNumberRequired', 'expiryDateRequired', 'cv2Required', 'cardNameRequired'];

test('wrong fields are told with their kinds, in words of the shop where it has some', async () => {
  const config = {
    errorMessages: { cardNumberInvalid: 'Number?' },
    text: { cardNumber: { label: 'Your number', placeholder: 'digits', showValidation: true }, cv2: { label: 'Code', placeholder: '' } },
  };
  await withCard(async ({ page, frame }) => {
    assert.equal(await frame.getByLabel('Your number').getAttribute('placeholder'), 'digits');
    assert.equal(await frame.getByLabel('Code').getAttribute('placeholder'), '123', 'an empty one is not taken');
    const last = async () => (await notes(page, 'errors')).at(-1)[0].map(({ errorType }) => errorType).sort();
    const { rejected } = await (await execute(page))();
    assert.equal(rejected.statusCode, 400);
    assert.deepEqual(await last(), [...REQUIRED].sort());
    assert.equal(await frame.locator('#card-number').evaluate((input) => input === document.activeElement), true);
    await lookAt(page, frame, 'component-errors');

    await fill(frame, '4456530000001006', { expiry: '0120', cv2: '1', 'card-name': '123456' });
    await (await execute(page))();
    assert.deepEqual(await last(), ['cardNameInvalid', 'cardNumberInvalid', 'cv2Invalid', 'expiryDateMustBeInFuture']);
    const number = (await notes(page, 'errors')).at(-1)[0].find(({ errorType }) => errorType === 'cardNumberInvalid');
    assert.equal(number.message, 'Number?');
    assert.equal(await frame.locator('#card-number-error .words').innerText(), 'Number?');
    await frame.locator('#expiry').fill('1339');
    await (await execute(page))();
    assert.ok((await last()).includes('expiryDateInvalid'));

    await fill(frame, CARDS.approved);
    await frame.locator('#card-name').blur();
    // Nothing is wrong any more.
    await lastNoted(page, 'errors', [[]]);
  }, { config });
});

test('the shop is called back while the form is filled in', async () => {
  await withCard(async ({ page, frame }) => {
    await frame.locator('#card-number').fill('4456');
    await frame.locator('#expiry').focus();
    await noted(page, 'blur');
    assert.deepEqual((await notes(page, 'errors')).at(-1)[0].map(({ errorType }) => errorType), ['cardNumberInvalid']);
    assert.deepEqual(await notes(page, 'blur'), [[false]]);
    await fill(frame, CARDS.approved);
    await noted(page, 'complete');
    assert.deepEqual(await notes(page, 'fieldValid'), [['cardNumber'], ['expiryDate'], ['cv2'], ['cardName']]);
    assert.equal((await notes(page, 'complete')).length, 1);
    await frame.locator('#card-name').press('Enter');
    await noted(page, 'submit');
    await frame.locator('#card-name').blur();
    await lastNoted(page, 'blur', [true]);
  });
});

test('fields look as the shop wants in each of their states', async () => {
  const styles = {
    base: {
      default: { color: 'rgb(1, 1, 1)', borderRadius: '3px' }, focus: { color: 'rgb(2, 2, 2)' }, error: { color: 'rgb(3, 3, 3)' },
      valid: { color: 'rgb(4, 4, 4)' }, errorFocus: { color: 'rgb(5, 5, 5)' }, validFocus: { color: 'rgb(6, 6, 6)' },
      label: { color: 'rgb(7, 7, 7)' }, container: { marginTop: '9px' },
    },
    cv2: { valid: { color: 'rgb(8, 8, 8)' } },
    form: { backgroundColor: 'rgb(9, 9, 9)', backgroundImage: 'url(https://shop.example/a.png)' },
    cardIcon: { color: 'rgb(10, 10, 10)' },
  };
  await withCard(async ({ frame }) => {
    const css = (selector, property) => frame.locator(selector).evaluate((element, name) => getComputedStyle(element)[name], property);
    const colour = (selector) => css(selector, 'color');
    assert.equal(await colour('#card-number'), 'rgb(1, 1, 1)');
    assert.equal(await css('#card-number', 'borderRadius'), '3px');
    await frame.locator('#card-number').focus();
    assert.equal(await colour('#card-number'), 'rgb(2, 2, 2)');
    await frame.locator('#card-number').fill('4456');
    await frame.locator('#cv2').focus();
    assert.equal(await colour('#card-number'), 'rgb(3, 3, 3)');
    await frame.locator('#card-number').focus();
    assert.equal(await colour('#card-number'), 'rgb(5, 5, 5)');
    await frame.locator('#card-number').fill(CARDS.approved);
    assert.equal(await colour('#card-number'), 'rgb(6, 6, 6)');
    await frame.locator('#cv2').fill('020');
    assert.equal(await colour('#card-number'), 'rgb(4, 4, 4)');
    await frame.locator('#expiry').focus();
    assert.equal(await colour('#cv2'), 'rgb(8, 8, 8)');
    assert.equal(await colour('label[for=cv2]'), 'rgb(7, 7, 7)');
    assert.equal(await css('.field >> nth=0', 'marginTop'), '9px');
    assert.equal(await css('#card', 'backgroundColor'), 'rgb(9, 9, 9)');
    assert.equal(await css('#card', 'backgroundImage'), 'none', 'a style loads nothing');
    assert.equal(await colour('#card-scheme'), 'rgb(10, 10, 10)');
  }, { config: { styles } });
});

test('fonts of the shop are fetched before anything is typed', async () => {
  await open(async (page) => {
    const fetched = [];
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    const { token } = await order();
    const styles = { base: { default: { fontFamily: 'Shop' } } };
    await mount(page, token, { styles, fontCss: ['/fonts.css', 'data:text/css,'] });
    await noted(page, 'loaded');
    assert.ok(fetched.includes('/digits.ttf'));
    const before = fetched.length;
    await fill(frameAt(page), CARDS.approved);
    assert.equal(await frameAt(page).locator('#card-number').evaluate(() => document.fonts.check('1rem Shop', '0123456789')), true);
    assert.deepEqual(fetched.slice(before), [], 'nothing is asked for while a number is typed');
  });
});

test('two components on one page pay each its own order', async () => {
  await open(async (page) => {
    const [first, second] = [await order(), await order()];
    await mount(page, first.token);
    await mount(page, second.token, {}, 'other-here');
    await Promise.all([noted(page, 'loaded'), noted(page, 'loaded', 'other-here')]);
    await fill(frameAt(page), CARDS.declined);
    await fill(frameAt(page, 'other-here'), CARDS.approved);
    const [one, other] = [await execute(page), await execute(page, undefined, 'other-here')];
    assert.equal((await one()).fulfilled.statusCode, 5);
    assert.equal((await other()).fulfilled.statusCode, 0);
    assert.equal((await all.server.intent(first.id)).status, 'Created');
    assert.equal((await all.server.intent(second.id)).status, 'Captured');
  });
});

test('a component comes and goes with the views of a single-page application', async () => {
  await open(async (page) => {
    const { id, token } = await order();
    for (let view = 0; view < 3; view += 1) {
      await mount(page, token);
      await noted(page, 'loaded');
      await page.evaluate(() => document.getElementById('card-here').replaceChildren());
      const { rejected } = await (await execute(page))();
      assert.equal(rejected.statusCode, 400, 'one that is gone tries nothing');
    }
    await mount(page, token);
    await noted(page, 'loaded');
    // A framework that moves a node has its frame loaded anew.
    await page.evaluate(() => {
      globalThis.cards['card-here'].notes.length = 0;
      document.getElementById('other-here').append(document.querySelector('#card-here iframe'));
    });
    const frame = frameAt(page, 'other-here');
    await frame.locator('body.ready').waitFor();
    await fill(frame, CARDS.approved);
    assert.equal((await (await execute(page))()).fulfilled.statusCode, 0);
    assert.equal((await all.server.intent(id)).status, 'Captured');
  });
});

test('clicks in quick succession are one payment', async () => {
  await withCard(async ({ page, id, frame }) => {
    await fill(frame, CARDS.approved);
    const codes = await page.evaluate(async () => {
      const { card } = globalThis.cards['card-here'];
      const results = await Promise.all([card.executePayment(), card.executePayment(), card.executePayment()]);
      return results.map(({ statusCode }) => statusCode);
    });
    assert.deepEqual(codes, [0, 0, 0]);
    assert.equal((await all.server.intent(id)).paymentEvents.length, 1);
  });
});

test('the shop’s button stays under the mouse while a field is left', async () => {
  await withCard(async ({ page, frame }) => {
    await frame.locator('#cv2').fill('1');
    const place = () => page.locator('#pay').boundingBox();
    const before = await place();
    await page.evaluate(() => document.getElementById('pay').addEventListener('click', () => { document.getElementById('result').textContent = 'clicked'; }));
    await page.mouse.move(before.x + 20, before.y + 2);
    await page.mouse.down();
    await frame.locator('#cv2-error:visible').waitFor();
    assert.deepEqual(await place(), before);
    await page.mouse.up();
    await page.locator('#result', { hasText: 'clicked' }).waitFor();
    await noted(page, 'errors');
    // The message has room then.
    await page.waitForFunction((y) => document.getElementById('pay').getBoundingClientRect().top > y, before.y);
  }, { config: { text: { cv2: { showValidation: true } } } });
});

test('by keyboard alone', async () => {
  await withCard(async ({ page, frame }) => {
    await page.evaluate(() => {
      document.getElementById('pay').addEventListener('click', () => {
        globalThis.cards['card-here'].card.executePayment().then(({ statusCode }) => { document.getElementById('result').textContent = `code ${statusCode}`; });
      });
    });
    // A key goes where the focus is; between two pages it takes a moment to get there.
    await page.keyboard.press('Tab');
    await frame.locator('#card-number:focus').waitFor();
    for (const text of [CARDS.challenge, '1239', '020', 'Ada Lovelace']) {
      await page.keyboard.type(text);
      await page.keyboard.press('Tab');
    }
    await page.locator('#pay:focus').waitFor();
    await page.keyboard.press('Enter');
    await bankIn(frame).locator('#code:focus').waitFor();
    await page.keyboard.type('123456');
    await page.keyboard.press('Enter');
    await page.locator('#result', { hasText: 'code 0' }).waitFor();
  });
});

test('what is missing is named', async () => {
  await open(async (page) => {
    const thrown = await page.evaluate(() => [
      undefined, {}, { containerId: 'nowhere', paymentDetails: { paymentToken: 'x' } },
    ].map((config) => {
      try {
        new globalThis.Dojo.Payment(config);
        return '';
      } catch ({ message }) {
        return message;
      }
    }));
    assert.match(thrown[0], /config is missing/);
    assert.match(thrown[1], /containerId/);
    assert.match(thrown[2], /nowhere/);
    await mount(page, undefined);
    await noted(page, 'loaded');
    await fill(frameAt(page), CARDS.approved);
    const { rejected } = await (await execute(page))();
    assert.equal(rejected.statusCode, 404);
  });
});

test('a frame that cannot be loaded is told', async () => {
  const strict = await openShop(all.server.origin, 'frame-ancestors *');
  await visit(all.browser, [all.server.origin, strict.origin], WIDE, async (page, { expectComplaints }) => {
    await page.clock.install();
    await page.goto(strict.origin);
    // From here on time goes on only where the test says so.
    await page.clock.pauseAt(Date.now() + 60_000);
    // It is never answered.
    await page.route('**/card-frame*', () => {});
    await mount(page, 'x');
    await page.clock.runFor(9000);
    assert.deepEqual(await notes(page, 'loadFailed'), []);
    await page.clock.runFor(1100);
    await noted(page, 'loadFailed');
    const { rejected } = await (await execute(page))();
    assert.equal(rejected.statusCode, 400);
    await page.unroute('**/card-frame*');
    // It is refused.
    await page.route('**/card-frame*', (route) => route.abort());
    await mount(page, 'x');
    await page.locator('#card-here iframe').waitFor();
    await page.clock.runFor(11000);
    await noted(page, 'loadFailed');
    assert.equal((await notes(page, 'loadFailed')).length, 1);
    assert.deepEqual(await notes(page, 'loaded'), []);
    expectComplaints(/ERR_FAILED/);
  });
  strict.close();
});

test('a payment whose answer is lost is found out about, and is made once', async () => {
  await withCard(async ({ page, id, frame, complained }) => {
    await fill(frame, CARDS.approved);
    await page.context().route('**/connect-e/api/payments/*', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    const { fulfilled } = await (await execute(page))();
    assert.equal(fulfilled.statusCode, 0);
    assert.match(fulfilled.authCode, /\S/);
    assert.equal((await all.server.intent(id)).paymentEvents.length, 1);
    await complained(/ERR_FAILED|401/);
  });
});

/** A page of somebody who is neither the shop nor the program. */
function openStranger() {
  const other = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!DOCTYPE html><html lang="en"><title>Advertisement</title><link rel="icon" href="data:,"></html>');
  });
  return new Promise((resolve) => { other.listen(0, '127.0.0.1', () => resolve(other)); });
}

test('messages that somebody else has made up are not listened to', async () => {
  const stranger = await openStranger();
  const elsewhere = `http://127.0.0.1:${stranger.address().port}`;
  const hospitable = await openShop(`${all.server.origin} ${elsewhere}`);
  const origins = [all.server.origin, hospitable.origin, elsewhere];
  await visit(all.browser, origins, WIDE, async (page, { expectComplaints }) => {
    await page.goto(hospitable.origin);
    // The policy names two hosts, so the page's own tag for the script does not say one.
    await page.addScriptTag({ url: `${all.server.origin}/cdn/payments/v1/client.js` });
    const { id, token } = await order();
    await mount(page, token);
    await noted(page, 'loaded');
    await page.evaluate((src) => {
      const frame = Object.assign(document.createElement('iframe'), { src, name: 'advertisement' });
      document.body.append(frame);
      return new Promise((resolve) => { frame.addEventListener('load', resolve); });
    }, elsewhere);
    await fill(frameAt(page), CARDS.approved);
    const before = await page.evaluate(() => JSON.stringify(globalThis.cards['card-here'].notes));
    const advertisement = page.frames().find((frame) => frame.name() === 'advertisement');
    const nonce = new URL(page.frames().find((frame) => frame.url().includes('card-frame')).url()).hash.slice(1);
    const answers = await advertisement.evaluate(async (known) => {
      const heard = [];
      const forged = [
        'execute', {}, null, { kind: 'execute', id: 'a' }, { kind: 'dojo-frame', nonce: 'guess' }, { kind: 'dojo-frame', nonce: known },
        { nonce: known, config: { token: 'mine' } }, { kind: 'result', fulfilled: true, value: { statusCode: 0 } }, { kind: 'loaded' },
      ];
      for (const target of [window.parent, ...Array.from({ length: window.parent.frames.length }, (_, at) => window.parent.frames[at])]) {
        if (target === window) continue;
        for (const message of forged) {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => heard.push(data);
          target.postMessage(message, '*', [port2]);
          port1.postMessage({ kind: 'execute', id: 'b' });
        }
      }
      // All of that is delivered before what is sent now comes back.
      await fetch(document.location.href);
      return heard;
    }, nonce);
    assert.deepEqual(answers, []);
    assert.equal(await page.evaluate(() => JSON.stringify(globalThis.cards['card-here'].notes)), before);
    assert.equal((await all.server.intent(id)).status, 'Created');
    assert.equal((await (await execute(page))()).fulfilled.statusCode, 0);
    expectComplaints(/Content Security Policy|Failed to load/);
  });
  hospitable.close();
  stranger.close();
});

test('the shop’s page is not told the card', async () => {
  await open(async (page) => {
    await page.evaluate(() => {
      globalThis.heard = [];
      const { postMessage } = MessagePort.prototype;
      MessagePort.prototype.postMessage = function spy(...args) { globalThis.heard.push(args[0]); return postMessage.apply(this, args); };
      const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
      Object.defineProperty(MessagePort.prototype, 'onmessage', {
        set(listener) { set.call(this, (event) => { globalThis.heard.push(event.data); listener(event); }); },
      });
    });
    const { token } = await order();
    await mount(page, token, { text: { cardNumber: { label: 'Number', placeholder: 'n', showValidation: true } } });
    await noted(page, 'loaded');
    await fill(frameAt(page), '4456530000001006', { cv2: '987', 'card-name': '<Eve>' });
    await (await execute(page))();
    await fill(frameAt(page), CARDS.approved, { cv2: '020', 'card-name': 'Ada Lovelace' });
    assert.equal((await (await execute(page))()).fulfilled.statusCode, 0);
    const heard = await page.evaluate(() => JSON.stringify(globalThis.heard));
    assert.match(heard, /fieldValid/);
    // Ids and secrets are random and may hold any three or four characters, so short values count as whole words.
    for (const secret of ['445653', /\b(4456|1005|1006|987|020)\b/, /\b12 ?\/ ?39\b/, 'Lovelace', '<Eve']) {
      assert.ok(secret instanceof RegExp ? !secret.test(heard) : !heard.includes(secret), `${secret} in ${heard}`);
    }
  });
});
