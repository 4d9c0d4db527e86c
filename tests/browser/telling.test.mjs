// What pages tell, and that they tell it once, plainly and in one zone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, PHONE, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
import { start } from './server.mjs';

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

async function pay(page, link) {
  await page.goto(link);
  await page.locator('#pay:enabled').waitFor();
  await fill(page, CARDS.approved);
  await page.locator('#pay').click();
  await standing(page, 'paid');
}

for (const viewport of [WIDE, PHONE]) {
  test(`the bank names the merchant and waits for the code at ${viewport.width}px`, async () => {
    const paying = await server.create();
    const saving = await server.setUp();
    for (const link of [paying.paymentLink, server.link(saving.id)]) {
      await open(viewport, async (page) => {
        await page.goto(link);
        await page.locator('#pay:enabled').waitFor();
        const merchant = await page.locator('#merchant').innerText();
        await fill(page, CARDS.challenge);
        if (await page.locator('#consent').count()) await page.locator('#consent').check();
        await page.locator('#pay').click();
        const bank = viewport.width < 480 ? page : page.frameLocator('#challenge-frame');
        await bank.locator('#code').waitFor();
        assert.equal(await bank.locator('#bank-merchant').innerText(), merchant);
        await bank.locator('#code:focus').waitFor();
        await page.keyboard.type('123456');
        assert.equal(await bank.locator('#code').inputValue(), '123456');
        await look(page, 'bank-merchant');
        await page.keyboard.press('Enter');
        await page.locator('#state').waitFor();
      });
    }
  });
}

test('what is over is spelled as in the language of the page', async () => {
  const { id } = await server.create();
  const setup = await server.setUp();
  await server.cancel(id);
  await server.cancelSetup(setup.id);
  await open(WIDE, async (page) => {
    for (const each of [id, setup.id]) {
      await page.goto(server.link(each));
      await standing(page, 'canceled');
      assert.equal(await page.locator('html').getAttribute('lang'), 'en-GB');
      const words = await page.locator('body').innerText();
      assert.match(words, /cancelled/);
      assert.doesNotMatch(words, /canceled/i);
    }
  });
});

test('test cards are recommended where a card can be typed', async () => {
  const { paymentLink } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    assert.match(await page.locator('#sandbox-label').innerText(), /test cards/i);
    await pay(page, paymentLink);
    assert.match(await page.locator('#sandbox-label').innerText(), /no money moves/i);
    assert.doesNotMatch(await page.locator('body').innerText(), /test card/i);
    await page.goto(paymentLink);
    await standing(page, 'paid');
    assert.doesNotMatch(await page.locator('body').innerText(), /test card/i);
  });
});

test('each test card says once what it does', async () => {
  await open(WIDE, async (page) => {
    await page.goto(`${server.origin}/docs/test-cards`);
    const cells = await page.locator('td[data-label="What happens"]').allInnerTexts();
    assert.ok(cells.length > 20);
    for (const cell of cells) assert.doesNotMatch(cell, /^(\w+)\. \1\b/, cell);
  });
});

test('times are in the zone of whoever reads them, and it is named', async () => {
  for (const [timezoneId, named] of [['America/New_York', /, \d\d:\d\d (GMT-[45]|E[SD]T)$/], ['Asia/Kolkata', /, \d\d:\d\d (GMT\+5:30|IST)$/]]) {
    const { paymentLink } = await server.create({ config: { customerEmail: { collectionRequired: true } } });
    await open(WIDE, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#email').fill('ada@example.com');
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'paid');
      await page.locator('#state time').filter({ hasText: named }).waitFor();
    }, { timezoneId });
    await open(WIDE, async (page) => {
      await page.goto(paymentLink);
      await standing(page, 'paid');
      assert.match(await page.locator('#state time').innerText(), / (GMT|BST|UTC)$/, 'without script: the account’s zone');
    }, { timezoneId, javaScriptEnabled: false });
  }
});

test('a signed-out visitor signs in and comes back to where they were', async () => {
  const [{ tid }] = await server.machines();
  for (const [path, heading] of [['/card-machines', 'Card machines'], [`/card-machines/${tid}`, `Card machine ${tid}`], ['/sandbox/mailbox', 'Mailbox']]) {
    await open(WIDE, async (page) => {
      await page.goto(server.origin + path);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.getByRole('link', { name: 'Continue as the developer of this machine' }).click();
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    });
  }
  // Programs are told as ever.
  const told = await fetch(`${server.origin}/sandbox/mailbox`, { headers: { authorization: 'Basic sk_sandbox_nobody' } });
  assert.match(told.headers.get('content-type'), /problem\+json/);
});
