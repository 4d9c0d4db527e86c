// Selling from the portal: payment links, the virtual terminal, customers with their cards,
// and setup intents.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, MIDDLE, PHONE, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
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

/** Opens a section of the portal. */
async function section(page, title) {
  await page.goto(server.origin);
  const link = page.locator('.sections a', { hasText: new RegExp(`^${title}$`) });
  await link.waitFor({ state: 'attached' });
  await page.goto(new URL(await link.getAttribute('href'), server.origin).href);
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
}

/** Types a card into the virtual terminal. */
async function tell(page, number) {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Name on the card').fill('Ada Lovelace');
  await page.getByLabel('Expiry date').fill('1239');
  await page.getByLabel('Security code').fill('020');
}

test('a payment link is made, copied, and paid', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Payment links');
    await page.getByRole('link', { name: 'New payment link' }).click();
    await page.getByLabel('Amount', { exact: true }).fill('12.50');
    await page.getByLabel('Reference').fill('Invoice 17');
    await page.getByLabel('A tip').check();
    await look(page, 'selling-new-link');
    await page.getByRole('button', { name: 'Create link' }).click();
    await page.getByText('The link is ready.').waitFor();
    await page.getByRole('img', { name: 'QR code of the payment link' }).waitFor();
    await look(page, 'selling-link');
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const link = await page.getByLabel('Payment link', { exact: true }).inputValue();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
    const shown = page.url();
    await page.goto(link);
    await fill(page, CARDS.approved);
    await page.locator('#pay').click();
    await standing(page, 'paid');
    await page.goto(shown);
    await page.getByRole('heading', { name: '£12.50 Paid' }).waitFor();
    await look(page, 'selling-link-paid');
  }, { permissions: ['clipboard-read', 'clipboard-write'] });
});

test('a link is mailed once, however often the button is pressed', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Payment links');
    await page.getByRole('link', { name: 'New payment link' }).click();
    await page.getByLabel('Amount', { exact: true }).fill('8');
    await page.getByLabel('Reference').fill('Invoice 18');
    await page.getByRole('button', { name: 'Create link' }).click();
    await page.getByLabel('Send it by mail to').fill('twice@example.com');
    await page.getByRole('button', { name: 'Send mail' }).dblclick({ noWaitAfter: true });
    await page.getByText('The mail is on its way.').waitFor();
    const mails = (await server.mails()).filter(({ to }) => to === 'twice@example.com');
    assert.equal(mails.length, 1);
  });
});

test('a card that is told is charged once, however often the button is pressed', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Virtual terminal');
    await page.getByLabel('Amount', { exact: true }).fill('42');
    await page.getByLabel('Reference').fill('Telephone order 8');
    await tell(page, '4456530000001096');
    assert.equal(await page.getByLabel('Card number').inputValue(), '4456 5300 0000 1096');
    assert.equal(await page.getByLabel('Expiry date').inputValue(), '12 / 39');
    await page.getByText('Visa', { exact: true }).waitFor();
    await look(page, 'selling-terminal');
    await page.getByRole('button', { name: 'Take payment' }).dblclick({ noWaitAfter: true });
    await page.getByRole('heading', { name: 'Payment taken' }).waitFor();
    await look(page, 'selling-terminal-paid');
    await page.goBack();
    await page.getByRole('button', { name: 'Take payment' }).waitFor();
    assert.equal(await page.getByLabel('Card number').inputValue(), '');
    const { data } = await server.search();
    const sales = data.filter(({ reference }) => reference === 'Telephone order 8');
    assert.deepEqual(sales.map(({ status }) => status), ['Captured']);
  });
});

test('a declined card is told so, and another one pays', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Virtual terminal');
    await page.getByLabel('Amount', { exact: true }).fill('7');
    await page.getByLabel('Reference').fill('Telephone order 9');
    await tell(page, '4456530000001013');
    await page.getByRole('button', { name: 'Take payment' }).click();
    await page.getByText('Declined: ').waitFor();
    assert.equal(await page.getByLabel('Card number').inputValue(), '');
    await look(page, 'selling-terminal-declined');
    await page.reload();
    await page.getByText('Declined: ').waitFor();
    await tell(page, CARDS.approved);
    await page.getByRole('button', { name: 'Take £7.00' }).click();
    await page.getByRole('heading', { name: 'Payment taken' }).waitFor();
  });
});

test('the virtual terminal works without scripts', async () => {
  await open(PHONE, async (page, { expectComplaints }) => {
    expectComplaints(/400/);
    await section(page, 'Virtual terminal');
    await page.getByLabel('Amount', { exact: true }).fill('3');
    await page.getByLabel('Reference').fill('Telephone order 10');
    await tell(page, '4456530000001006');
    await page.getByLabel('Expiry date').fill('12/39');
    await page.getByRole('button', { name: 'Take payment' }).click();
    await page.locator('#card-number-error').waitFor();
    assert.equal(await page.getByLabel('Reference').inputValue(), 'Telephone order 10');
    assert.equal(await page.getByLabel('Card number').inputValue(), '');
    await tell(page, CARDS.approved);
    await page.getByLabel('Expiry date').fill('12/39');
    await page.getByRole('button', { name: 'Take payment' }).click();
    await page.getByRole('heading', { name: 'Payment taken' }).waitFor();
  }, { javaScriptEnabled: false });
});

test('a customer is made, saves a card, and the card is deleted', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Customers');
    await page.getByRole('link', { name: 'New customer' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Grace Hopper');
    await page.getByLabel('E-mail address').fill('grace@example.com');
    await look(page, 'selling-new-customer');
    await page.getByRole('button', { name: 'Create customer' }).click();
    await page.getByText('The customer is created.').waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1);
    const intent = await server.create({ customer: { id }, paymentMethods: ['SavedCard', 'Card'] });
    assert.equal(await server.pay(intent.id, CARDS.approved, { savePaymentMethod: true }), 0);
    await section(page, 'Customers');
    await page.getByLabel('Name, e-mail address or id').fill('hopper');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('link', { name: 'Grace Hopper' }).click();
    const card = page.locator('.rows > li', { hasText: '44565300****1005' });
    await card.waitFor();
    await look(page, 'selling-customer');
    await card.locator('summary').click();
    await card.getByRole('button', { name: 'Delete this card' }).click();
    await page.getByText('No card is saved.').waitFor();
  });
});

test('a setup intent is made with its link, and canceled', async () => {
  await open(WIDE, async (page) => {
    await section(page, 'Setup intents');
    await page.getByRole('link', { name: 'New setup intent' }).click();
    await page.getByLabel('Reference').fill('Table 4');
    await page.getByLabel('Terms that your customer agrees to').fill('If you do not come, we charge £10.00.');
    await look(page, 'selling-new-setup');
    await page.getByRole('button', { name: 'Create setup intent' }).click();
    await page.getByText('The setup intent is ready.').waitFor();
    await look(page, 'selling-setup');
    await page.getByRole('button', { name: 'Cancel this setup intent' }).click();
    await page.getByRole('heading', { name: 'Table 4 Canceled' }).waitFor();
  });
});

for (const [viewport, colorScheme] of [[MIDDLE, 'dark'], [PHONE, 'light'], [PHONE, 'dark']]) {
  test(`pages are in order at ${viewport.width}px, ${colorScheme}`, async () => {
    await open(viewport, async (page, { expectComplaints }) => {
      expectComplaints(/400/);
      for (const title of ['Payment links', 'Virtual terminal', 'Customers', 'Setup intents']) {
        await section(page, title);
        await look(page, `selling-${title.replace(' ', '-').toLowerCase()}-${colorScheme}`);
      }
      await section(page, 'Payment links');
      await page.locator('.list a').first().click();
      await page.getByRole('heading', { name: 'About this link' }).waitFor();
      await look(page, `selling-link-${colorScheme}`);
      await section(page, 'Payment links');
      await page.getByRole('link', { name: 'New payment link' }).click();
      await page.getByLabel('Amount', { exact: true }).fill('much');
      await page.getByLabel('Reference').fill('Invoice 18');
      await page.getByRole('button', { name: 'Create link' }).click();
      await page.getByRole('alert').waitFor();
      await look(page, `selling-wrong-link-${colorScheme}`);
    }, { colorScheme });
  });
}
