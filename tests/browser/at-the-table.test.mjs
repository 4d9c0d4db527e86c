// A table's bill: split and tipped on the card machine, and paid by QR on phones.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, PHONE, WIDE, fill, launch, look, visit } from './browser.mjs';
import { demoPos, start } from './server.mjs';

let server;
let pos;
let browser;
let tid;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  pos = await demoPos(server);
  await server.pace('immediate');
  const terminals = await server.terminals();
  ({ tid } = terminals.find(({ properties }) => properties.tid.endsWith('MAN0')).properties);
});
after(async () => {
  await browser?.close();
  pos?.stop();
  server?.stop();
});

const screen = (page, name) => page.locator(`#machine[data-screen="${name}"]`).waitFor();
const key = (page, name) => page.locator(`.key[data-key="${name}"][aria-disabled="false"]`).click();
const soft = (page, words) => page.locator('#screen').getByRole('button', { name: words }).click();
const shows = (page, words) => page.locator('#screen').getByText(words).first().waitFor();
/** Waits until the machine's page has told what the last payment came to. */
const stands = (page, status) => page.locator(`#order-standing[data-status="${status}"]`).waitFor();

/** Pays what the machine asks for, by chip and PIN, and returns to the order. */
async function payByChip(page) {
  await screen(page, 'presentCard');
  await page.locator('#wallet input[value^="visa"]').first().check();
  await page.locator('#presenting [data-act="insert"][aria-disabled="false"]').click();
  await screen(page, 'enterPin');
  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  await screen(page, 'removeCard');
  await page.locator('#presenting [data-act="remove-card"][aria-disabled="false"]').click();
  await screen(page, 'approved');
  await key(page, 'ok');
  await page.locator('#order-standing').waitFor();
}

for (const viewport of [WIDE, PHONE]) {
  // Each its own order, for both pay one in full.
  const [name, total] = viewport === WIDE ? ['Table 2', '£58.38'] : ['Table 1', '£23.10'];

  test(`splits and tips the bill of ${name} on the card machine at ${viewport.width}px`, async () => {
    await visit(browser, server.origin, viewport, async (page, visitor) => {
      visitor.expectComplaints(/status of 40[09]/);
      await page.goto(`${server.origin}/card-machines/${tid}`);
      await screen(page, 'idle');
      await key(page, 'integration');
      await shows(page, 'Waiter ID');
      for (const digit of '42') await key(page, digit);
      await look(page, 'table-waiter');
      await key(page, 'ok');
      await page.locator('#orders').getByText(name).waitFor();
      assert.equal(await page.locator('#orders').getByText('Garden 1').count(), 0, 'orders of another waiter');
      await look(page, 'table-orders');
      await page.locator('#order-filter').pressSequentially(name.at(-1));
      await page.locator('#orders li').nth(1).waitFor({ state: 'detached' });
      await page.locator('#orders').getByRole('button', { name }).click();
      await page.locator('#order-due', { hasText: total }).waitFor();
      await look(page, 'table-order');

      await soft(page, 'Print bill');
      const paper = page.locator('.receipt.bill .paper').first();
      await paper.getByText('The Demo Kitchen').waitFor();
      await paper.getByRole('img', { name: 'QR code: https://kitchen.example/' }).waitFor();
      await look(page, 'table-bill');
      const [saved] = await Promise.all([page.waitForEvent('download'), page.locator('.receipt.bill button').first().click()]);
      assert.match(saved.suggestedFilename(), /-bill\.html$/);

      await page.locator('#order-pay').click();
      await look(page, 'table-split');
      await soft(page, 'Equal parts');
      await soft(page, '2');
      await shows(page, 'Add a tip?');
      await soft(page, /^10 %/);
      await payByChip(page);
      await stands(page, 'recorded');
      await look(page, 'table-recorded');

      await page.locator('#order-pay').click();
      await soft(page, 'In full');
      await look(page, 'table-tip');
      for (const digit of '150') await page.keyboard.type(digit);
      await shows(page, 'Your tip: £1.50');
      await page.keyboard.press('Enter');
      await payByChip(page);
      // Nothing is left of it, so the list is shown again.
      await stands(page, 'recorded');
      await shows(page, 'Orders');
      await page.locator('#orders').getByText(name).waitFor({ state: 'detached' });
      await look(page, 'table-done');
      await key(page, 'cancel');
      await screen(page, 'idle');
    }, { session: server, colorScheme: viewport === PHONE ? 'dark' : 'light' });
    const payments = (await pos.order(name)).payments;
    assert.deepEqual(payments.map(({ tipsAmount }) => tipsAmount?.value ?? 0).sort((a, b) => a - b), viewport === WIDE ? [150, 292] : [116, 150]);
  });
}

test('two guests pay parts of a bill by QR, and the table is settled', async () => {
  const codes = await server.qrCodes();
  const { url, svg } = codes.find(({ tableId }) => tableId === 'g1');
  assert.match(svg, /^<svg /);
  await visit(browser, server.origin, PHONE, async (page, visitor) => {
    visitor.expectComplaints(/status of 40[09]/);
    await page.goto(url);
    await look(page, 'qr-bills');
    const bills = page.locator('[data-testid="bill"]');
    assert.equal(await bills.count(), 2);
    await bills.first().click();
    await page.locator('[data-testid="left"]', { hasText: '£46.00' }).waitFor();
    await look(page, 'qr-bill');
    await page.locator('[data-testid="split-amount"]').check();
    await page.locator('[data-testid="own-amount"]').fill('100');
    await page.locator('[data-testid="continue"]').click();
    await page.locator('#error-summary').waitFor();
    await look(page, 'qr-too-much');
    await page.locator('[data-testid="split-items"]').check();
    await page.locator('[data-testid="item-0"]').selectOption('1');
    await page.locator('[data-testid="tip-10"]').check();
    await look(page, 'qr-items');
    await page.locator('[data-testid="continue"]').click();
    await page.locator('#pay-label', { hasText: '£17.33' }).waitFor();

    // Somebody else looks at what is left meanwhile.
    await visit(browser, server.origin, PHONE, async (other) => {
      await other.goto(url);
      await other.locator('[data-testid="bill"]').first().click();
      await other.locator('[data-testid="left"]', { hasText: '£30.25' }).waitFor();
      await other.locator('#standing', { hasText: '£15.75' }).waitFor();
      await look(other, 'qr-shared');
      await other.locator('[data-testid="continue"]').click();
      await pays(other, '£30.25');
    }, { colorScheme: 'dark' });

    await pays(page, '£17.33');
    await look(page, 'qr-paid');
    await page.locator('#action-link').click();
    await page.locator('[data-testid="settled"]').waitFor();
    await look(page, 'qr-settled');
  });
  const paid = (await pos.order('Garden 1')).payments;
  assert.deepEqual(paid.map(({ paidAmount }) => paidAmount.value), [3025, 1575]);
});

/** Pays on the hosted checkout, and waits until the POS has recorded it. */
async function pays(page, amount) {
  await page.locator('#pay:enabled').waitFor();
  await page.locator('#pay-label', { hasText: amount }).waitFor();
  await fill(page, CARDS.approved);
  await page.locator('#pay').click();
  await page.locator('#state[data-state="recorded"]').waitFor();
}

test('a guest without scripts sees the bills and what can be paid, in five languages', async () => {
  const codes = await server.qrCodes();
  const { url } = codes.find(({ tableId }) => tableId === 'g1');
  for (const [tag, words] of [['en-GB', 'Bills at this table'], ['de', 'Rechnungen an diesem Tisch'], ['fr', 'Additions de cette table'], ['es', 'Cuentas de esta mesa'], ['it', 'Conti di questo tavolo']]) {
    const page = await fetch(`${url}?lang=${tag}`);
    const { headers } = page;
    assert.equal(page.status, 200);
    assert.match(headers.get('content-security-policy'), /^default-src 'none'/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    const html = await page.text();
    assert.ok(html.includes(words), tag);
    assert.ok(html.includes('Garden 1'), tag);
  }
  await visit(browser, server.origin, PHONE, async (page) => {
    await page.goto(url);
    await page.locator('[data-testid="bill"]').last().click();
    await page.locator('[data-testid="left"]', { hasText: '£22.40' }).waitFor();
    await page.locator('[data-testid="split-equal"]').check();
    await page.locator('[data-testid="continue"]').click();
    await page.locator('#amount', { hasText: '£11.20' }).waitFor();
    await page.locator('[data-testid="cancel"]').click();
    await page.locator('[data-testid="give-up"]').click();
    await page.locator('[data-testid="left"]', { hasText: '£22.40' }).waitFor();
  }, { javaScriptEnabled: false });
});
