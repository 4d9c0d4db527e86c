// Pages that fit their window, whatever merchants and payers write, and what must
// be in sight on them.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { CARDS, SHOP, fill, launch, look as seen, standing, visit } from './browser.mjs';
import { SCREENSHOTS, start } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
});
after(async () => {
  await browser?.close();
  server?.stop();
});

const SIZES = [{ width: 320, height: 640 }, { width: 768, height: 1024 }, { width: 1280, height: 800 }];
const WORD = 'Donaudampfschifffahrtsgesellschaft'.repeat(3).slice(0, 100);
const signedIn = () => ({ session: server });
const open = (viewport, use, options) => visit(browser, server.origin, viewport, use, options);
const gbp = (value) => ({ value, currencyCode: 'GBP' });

/** Clears what a test that failed has left on a machine. */
async function free(tid) {
  for (const action of ['remove-card', 'cancel', 'ok']) {
    const { actions } = await server.machine(tid);
    if (actions.includes(action)) await server.press(tid, action);
  }
}

/** Whether nothing lies beyond the window, or across what it is not part of. */
async function look(page, name) {
  await seen(page, name);
  const out = await page.evaluate(() => [...document.querySelectorAll('main *')]
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const scrolls = element.closest('.wallet, .lines, .paper, .visually-hidden, svg, option, #peek');
      return width > 1 && !scrolls && (right > window.innerWidth + 1 || left < -1);
    })
    .map((element) => `${element.tagName}#${element.id}.${element.className}`));
  assert.deepEqual(out, [], `beyond the window of ${name}`);
}

const hostile = () => ({
  amount: gbp(999999999),
  reference: 'R'.repeat(60),
  description: WORD.repeat(3),
  itemLines: [{ id: '1', quantity: 99999, name: WORD, amountTotal: gbp(999999999), modifiers: [{ id: 'm', name: WORD, quantity: 1, amountPerModifier: gbp(999999999) }] }],
  taxLines: [{ id: 't', caption: WORD, subCaption: WORD, amountTotal: gbp(999999999) }],
  config: {
    title: WORD, details: { showTotal: true, showReference: true }, redirectUrl: `${SHOP}/${WORD}`, cancelUrl: `${SHOP}/${WORD}`,
    customerEmail: { collectionRequired: true }, billingAddress: { collectionRequired: true }, shippingDetails: { collectionRequired: true },
  },
});

for (const viewport of SIZES) {
  test(`no page is wider than its window at ${viewport.width}px, whatever is written`, async () => {
    const { id, paymentLink } = await server.create(hostile());
    const canceled = await server.create(hostile());
    await server.cancel(canceled.id);
    const setup = await server.setUp({ description: WORD.repeat(3), terms: WORD.repeat(9), reference: 'R'.repeat(60), config: { title: WORD, details: { showReference: true } } });
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      await look(page, 'hostile-pay');
      await page.locator('#pay').click();
      await look(page, 'hostile-errors');
      await page.locator('#same-address').check();
      await fill(page, CARDS.challenge, {
        'card-name': 'A'.repeat(100), email: `${'a'.repeat(60)}@${'b'.repeat(60)}.example`,
        'billing-address1': WORD.slice(0, 100), 'billing-city': WORD.slice(0, 100), 'billing-postcode': 'N1 1AA',
      });
      await look(page, 'hostile-filled');
      await page.locator('#pay').click();
      const bank = viewport.width < 480 ? page : page.frameLocator('#challenge-frame');
      await bank.locator('#code').waitFor();
      await look(page, 'hostile-bank');
      await bank.locator('#code').fill('123456');
      await bank.locator('#approve').click();
      await page.waitForURL((url) => url.href.startsWith(SHOP) || url.pathname.endsWith('/result'));
      await page.goto(paymentLink);
      await standing(page, 'paid');
      await look(page, 'hostile-paid');
      await page.goto(server.link(canceled.id));
      await standing(page, 'canceled');
      await look(page, 'hostile-cancelled');
      await page.goto(server.link(setup.id));
      await page.locator('#pay:enabled').waitFor();
      await look(page, 'hostile-setup');
      await page.goto(`${server.origin}/docs/test-cards`);
      await look(page, 'fit-test-cards');
      await page.goto(`${server.origin}/portal/sign-in`);
      await look(page, 'fit-front');
    });
    const { tid } = (await server.machines())[0];
    const paid = await server.intent(id);
    assert.equal(paid.status, 'Captured');
    await open(viewport, async (page) => {
      await page.goto(`${server.origin}/sandbox/mailbox`);
      await look(page, 'hostile-mailbox');
      const mail = await page.locator('.inbox a').first().getAttribute('href');
      await page.goto(`${server.origin}${mail}/html`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wider <= 0, `the mail is ${wider}px wider than ${viewport.width}`);
      await page.goto(`${server.origin}/card-machines`);
      await page.locator('#machines li').first().waitFor();
      await look(page, 'fit-machines');
      await page.goto(`${server.origin}/card-machines/${tid}`);
      await page.locator('#machine[data-screen="idle"]').waitFor();
      await look(page, 'fit-machine');
    }, signedIn());
    await open(viewport, async (page, { expectComplaints }) => {
      await page.goto(`${server.origin}/card-machines/${WORD}`);
      await look(page, 'hostile-no-machine');
      expectComplaints(/404/);
    }, signedIn());
  });

  test(`thirty lines are folded under the total at ${viewport.width}px`, async () => {
    const itemLines = Array.from({ length: 30 }, (_, at) => ({ id: `${at}`, quantity: 1, name: `Item ${at + 1}`, amountTotal: gbp(100) }));
    const { paymentLink } = await server.create({ amount: gbp(3000), itemLines, config: { details: { showTotal: true } } });
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      await look(page, 'folded');
      const top = async (id) => (await page.locator(id).boundingBox()).y;
      assert.ok(await top('#total') < await top('#order-details'), 'the total comes first');
      const wide = viewport.width >= 960;
      assert.ok(await top('#card-number') < viewport.height, 'the card is in sight');
      assert.equal(await page.getByText('Item 30').isVisible(), wide);
      if (!wide) await page.getByText('30 items').click();
      assert.ok(await page.getByText('Item 30').isVisible());
      await look(page, 'unfolded');
    });
  });

  test(`cards are presented beside the machine at ${viewport.width}px`, async () => {
    const terminals = await server.terminals();
    const { id: terminal, properties: { tid } } = terminals.find((t) => t.properties.tid.endsWith('MAN0'));
    await server.pace('immediate');
    await free(tid);
    await open(viewport, async (page) => {
      await page.goto(`${server.origin}/card-machines/${tid}`);
      await page.locator('#machine[data-screen="idle"]').waitFor();
      const { id } = await server.create();
      await server.sell(terminal, id);
      await page.locator('#machine[data-screen="presentCard"]').waitFor();
      const inSight = async (selector) => {
        const { x, y, width, height } = await page.locator(selector).boundingBox();
        const whole = y > -1 && y + height < viewport.height + 1;
        // And nothing lies across it.
        const ends = [[x + 4, y + 4], [x + width - 4, y + height - 4]];
        return whole && page.evaluate(([name, points]) => points.every(([left, top]) => {
          const element = document.querySelector(name);
          const on = document.elementFromPoint(left, top);
          return element.contains(on) || on?.contains(element);
        }), [selector, ends]);
      };
      const ways = ['insert', 'tap', 'tap-device', 'swipe', 'key-in', 'remove-card'];
      for (const way of ways) assert.ok(await inSight(`#presenting [data-act="${way}"]`), `${way} without scrolling`);
      assert.ok(await inSight('#screen'), 'the screen without scrolling');
      await page.screenshot({ path: join(SCREENSHOTS, `machine-in-sight-${viewport.width}.png`) });
      await page.locator('#receipts-title').scrollIntoViewIfNeeded();
      await page.locator('#wallet input[value^="visa"]').first().check();
      await page.locator('#presenting [data-act="insert"]').click();
      await page.locator('#machine[data-screen="enterPin"]').waitFor();
      assert.ok(await inSight('#screen'), 'the screen after a card was presented');
      assert.ok(await inSight('#presenting [data-act="remove-card"]'), 'the next button');
      await page.keyboard.type('1234');
      await page.keyboard.press('Enter');
      await page.locator('#presenting [data-act="remove-card"][aria-disabled="false"]').click();
      await page.locator('#machine[data-screen="approved"]').waitFor();
      assert.ok(await inSight('#screen'), 'the screen at the end');
      await look(page, 'machine-beside');
      await page.locator('.key[data-key="ok"]').click();
      await page.locator('#machine[data-screen="idle"]').waitFor();
    }, signedIn());
  });
}
