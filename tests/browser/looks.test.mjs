// How the checkout's pages look: in the merchant's colours, in the order of the payer's
// country, in light and dark, enlarged, in forced colours; and what they weigh.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, PHONE, SHOP, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
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
const ready = (page) => page.locator('#pay:enabled').waitFor();
const asked = { collectionRequired: true };
const gbp = (value) => ({ value, currencyCode: 'GBP' });
const svg = (colour) => `data:image/svg+xml;base64,${btoa(`<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48" viewBox="0 0 96 48"><rect width="96" height="48" rx="8" fill="${colour}"/><circle cx="24" cy="24" r="12" fill="#fff"/></svg>`)}`;

/** An order with all that a page can ask and show. */
const everything = (changes = {}) => ({
  amount: gbp(1510),
  description: 'Dog socks and a bandana',
  paymentMethods: ['Card', 'Wallet'],
  itemLines: [
    { id: '1', quantity: 4, name: 'Dog socks', amountTotal: gbp(400), modifiers: [{ id: 'm', name: 'Gift wrap', quantity: 2, amountPerModifier: gbp(50) }] },
    { id: '2', quantity: 1, name: 'Dog bandana', amountTotal: gbp(600) },
  ],
  taxLines: [{ id: 'vat', caption: 'VAT', subCaption: '10%', amountTotal: gbp(10) }, { id: 'delivery', caption: 'Delivery', amountTotal: gbp(500) }],
  config: {
    title: 'The Company', cancelUrl: `${SHOP}/cart`, details: { showTotal: true, showReference: true },
    customerEmail: asked, billingAddress: asked, shippingDetails: asked, payment: { customAmountAllowed: true, tipsAllowed: true },
  },
  ...changes,
});

const colourOf = (page, selector, property) => page.locator(selector).evaluate((element, name) => getComputedStyle(element)[name], property);

test('a branding is on the form and on the result, light or dark as its background is', async () => {
  await server.brand({ logo: svg('#7a1fa2'), favicon: svg('#7a1fa2'), primaryColour: '#7a1fa2', backgroundColour: '#fdf7ff' });
  for (const [viewport, colorScheme] of [[WIDE, 'dark'], [PHONE, 'light']]) {
    const { paymentLink } = await server.create();
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await ready(page);
      await look(page, 'branded');
      assert.equal(await colourOf(page, '#pay', 'backgroundColor'), 'rgb(122, 31, 162)');
      assert.equal(await colourOf(page, '.payment', 'backgroundColor'), 'rgb(253, 247, 255)');
      const drawn = await page.locator('#logo').evaluate((logo) => logo.complete && logo.naturalWidth);
      assert.equal(drawn, 96, 'the logo is drawn');
      assert.match(await page.locator('link[rel="icon"]').getAttribute('href'), /favicon\.svg$/);
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'paid');
      await look(page, 'branded-paid');
    }, { colorScheme });
  }
  const { id } = await server.setUp();
  await server.brand({ primaryColour: '#ffd84d', backgroundColour: '#101820' });
  await open(WIDE, async (page) => {
    await page.goto(server.link(id));
    await ready(page);
    await page.locator('#pay').click();
    await page.locator('#consent-error:visible').waitFor();
    await look(page, 'branded-dark-errors');
  }, { colorScheme: 'light' });
  await server.brand({ primaryColour: '#7a1fa2' });
  for (const colorScheme of ['light', 'dark']) {
    await open(WIDE, async (page) => {
      await page.goto(server.link(id));
      await ready(page);
      await look(page, `branded-primary-${colorScheme}`);
    }, { colorScheme });
  }
  await server.unbrand();
});

test('addresses have the parts of their country, in its order, the merchant\'s country first', async () => {
  const { paymentLink } = await server.create({ amount: { value: 1000, currencyCode: 'EUR' }, config: { billingAddress: asked } });
  await open(PHONE, async (page) => {
    await page.goto(paymentLink);
    await ready(page);
    const country = page.locator('#billing-country');
    assert.equal(await country.locator('option').first().getAttribute('value'), 'GB');
    assert.equal(await country.inputValue(), 'GB');
    const shown = () => page.evaluate(() => [...document.querySelectorAll('#billing-address .parts .field')]
      .filter((field) => !field.hidden)
      .map((field) => field.querySelector('label').innerText.replace(/\s+/g, ' ').trim()));
    for (const [code, parts] of [
      ['GB', ['Town or city', 'County (optional)', 'Postcode']],
      ['US', ['Town or city', 'State', 'ZIP code']],
      ['CA', ['Town or city', 'Province', 'Postal code']],
      ['DE', ['Postcode', 'Town or city']],
      ['FR', ['Postcode', 'Town or city']],
      ['IE', ['Town or city', 'County (optional)', 'Eircode (optional)']],
      ['HK', ['Town or city (optional)', 'State or region (optional)']],
      ['AE', ['Town or city (optional)', 'Emirate (optional)']],
      ['GB', ['Town or city', 'County (optional)', 'Postcode']],
    ]) {
      await country.selectOption(code);
      assert.deepEqual(await shown(), parts, code);
    }
    await country.selectOption('US');
    await page.locator('#pay').click();
    await page.locator('#billing-state-error:visible').waitFor();
    assert.match(await page.locator('#billing-postcode-error').innerText(), /ZIP code/);
    await look(page, 'address-us');
  });
});

for (const colorScheme of ['light', 'dark']) {
  test(`everything at once, ${colorScheme}`, async () => {
    for (const viewport of [PHONE, { width: 768, height: 1024 }, WIDE]) {
      const { paymentLink } = await server.create(everything());
      await open(viewport, async (page) => {
        await page.goto(`${paymentLink}?lang=de`);
        await ready(page);
        await look(page, `everything-${colorScheme}`);
        await page.locator('#pay').click();
        await page.locator('#error-summary:visible').waitFor();
        await look(page, `everything-errors-${colorScheme}`);
      }, { colorScheme });
    }
  });
}

for (const [name, options] of [
  // A window of 1280 px at 200 %.
  ['zoomed', { deviceScaleFactor: 2 }],
  ['forced-colours', { forcedColors: 'active' }],
  ['reduced-motion', { reducedMotion: 'reduce' }],
]) {
  test(`a payment can be made where pages are ${name}`, async () => {
    const { paymentLink } = await server.create(everything());
    await open({ width: 640, height: 400 }, async (page) => {
      await page.goto(paymentLink);
      await ready(page);
      await look(page, `${name}-pay`);
      if (name === 'reduced-motion') assert.equal(await colourOf(page, '.spinner', 'animationName'), 'none');
      await page.locator('#same-address').check();
      await fill(page, CARDS.approved, {
        email: 'ada@shop.example', 'billing-address1': '1 High Street', 'billing-city': 'London', 'billing-postcode': 'N1 1AA',
      });
      await page.locator('#pay').click();
      await standing(page, 'paid');
      await look(page, `${name}-paid`);
    }, options);
  });
}

test('no page weighs more than 60 KB with all that it loads', async () => {
  await server.brand({ primaryColour: '#7a1fa2' });
  const order = await server.create(everything());
  const { id } = await server.setUp();
  const plain = await server.create();
  for (const [name, link] of [['order', order.paymentLink], ['setup', server.link(id)], ['card', plain.paymentLink]]) {
    for (const language of ['en', 'de']) {
      await open(WIDE, async (page) => {
        const line = await page.context().newCDPSession(page);
        await line.send('Network.enable');
        let bytes = 0;
        line.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
        await page.goto(`${link}?lang=${language}`, { waitUntil: 'networkidle' });
        await ready(page);
        assert.ok(bytes > 10_000 && bytes <= 61_440, `${name} in ${language}: ${bytes} bytes`);
      });
    }
  }
  await server.unbrand();
});
