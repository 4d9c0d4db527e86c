// Fields that are typed into key by key, and addresses as they are in each country.

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
const ready = (page) => page.locator('#pay:enabled').waitFor();

/** What is typed, and what the field shows after each key. */
const TYPED = [
  ['12/30', '12 / 30'], ['1230', '12 / 30'], ['330', '03 / 30'], ['1/30', '01 / 30'],
  ['12/2030', '12 / 30'], ['122030', '12 / 30'], ['012030', '01 / 30'], ['3/2030', '03 / 30'], ['12-2030', '12 / 30'],
  ['12/20', '12 / 20'],
];
const PASTED = [
  ['12/2030', '12 / 30'], ['122030', '12 / 30'], ['3/2030', '03 / 30'], ['12 / 2030', '12 / 30'],
  ['2030-03', '03 / 30'], ['12/30', '12 / 30'], ['0330', '03 / 30'],
];

async function typeExpiries(page, field) {
  for (const [keys, shown] of TYPED) {
    await field.fill('');
    await field.pressSequentially(keys);
    assert.equal(await field.inputValue(), shown, `${keys}, key by key`);
    const steps = [];
    while (await field.inputValue() !== '') {
      steps.push(await field.inputValue());
      await page.keyboard.press('Backspace');
      assert.notEqual(await field.inputValue(), steps.at(-1), `Backspace at ${steps.at(-1)}`);
    }
    assert.ok(steps.length <= 7, steps.join(', '));
  }
  for (const [text, shown] of PASTED) {
    await field.fill('');
    await field.focus();
    await page.keyboard.insertText(text);
    assert.equal(await field.inputValue(), shown, `${text}, pasted`);
  }
  // A digit is taken out of the middle, and another put in.
  await field.fill('12/30');
  await field.press('Home');
  await field.press('ArrowRight');
  await field.press('Delete');
  await field.pressSequentially('1');
  assert.equal(await field.inputValue(), '11 / 30');
}

test('an expiry date may be typed with its year in full', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await ready(page);
    const field = page.locator('#expiry');
    await typeExpiries(page, field);
    const error = page.locator('#expiry-error');
    await field.fill('');
    await field.pressSequentially('12/20');
    await field.blur();
    assert.match(await error.innerText(), /has expired/, 'the year 2020');
    await field.fill('');
    await field.pressSequentially('12/203');
    assert.equal(await field.inputValue(), '12 / 203');
    await field.blur();
    assert.match(await error.innerText(), /month and year/, 'on the way to four digits');
    await fill(page, CARDS.approved, { expiry: '' });
    await field.pressSequentially('12/2030');
    await field.blur();
    assert.ok(await error.isHidden());
    await page.locator('#pay').click();
    await standing(page, 'paid');
  });
  assert.equal((await server.intent(id)).paymentDetails.card.expiryDate.slice(0, 7), '2030-12');
});

test('so it may where a card is saved', async () => {
  const { id } = await server.setUp();
  await open(WIDE, async (page) => {
    await page.goto(server.link(id));
    await ready(page);
    await typeExpiries(page, page.locator('#expiry'));
  });
});

test('what is typed before the script has come is taken as if it came after', async () => {
  const { paymentLink } = await server.create();
  await open(PHONE, async (page) => {
    let letGo;
    const typed = new Promise((done) => { letGo = done; });
    await page.route('**/assets/**/*.js', async (route) => {
      await typed;
      await route.continue();
    });
    await page.goto(paymentLink, { waitUntil: 'commit' });
    await fill(page, CARDS.approved);
    assert.equal(await page.locator('#expiry').inputValue(), '1239');
    letGo();
    await ready(page);
    assert.equal(await page.locator('#card-number').inputValue(), '4456 5300 0000 1005');
    assert.equal(await page.locator('#expiry').inputValue(), '12 / 39');
    await page.locator('#pay').click();
    await standing(page, 'paid');
  });
});

test('so it may on a card machine, by its keys too', async () => {
  const terminals = await server.terminals();
  const { id: terminal, properties: { tid } } = terminals.find((t) => t.properties.tid.endsWith('MAN0'));
  await server.pace('immediate');
  await open(WIDE, async (page) => {
    await page.goto(`${server.origin}/card-machines/${tid}`);
    const { id } = await server.create({ cardHolderNotPresent: true });
    await server.sell(terminal, id);
    await page.locator('#keyed-expiry').waitFor();
    await typeExpiries(page, page.locator('#keyed-expiry'));
    await page.locator('#keyed-expiry').fill('');
    const key = (name) => page.locator(`.key[data-key="${name}"][aria-disabled="false"]`).click();
    await page.locator('#keyed-expiry').focus();
    for (const digit of '122031') await key(digit);
    assert.equal(await page.locator('#keyed-expiry').inputValue(), '12 / 31');
    for (let at = 0; at < 3; at += 1) await key('clear');
    assert.equal(await page.locator('#keyed-expiry').inputValue(), '1');
    for (const digit of '2030') await key(digit);
    assert.equal(await page.locator('#keyed-expiry').inputValue(), '12 / 03');
    await page.locator('#keyed-expiry').fill('12/2030');
    await page.locator('#keyed-number').fill(CARDS.approved);
    await page.locator('#keyed-cv2').fill('020');
    await page.keyboard.press('Enter');
    await page.locator('#machine[data-screen="approved"]').waitFor();
    assert.equal((await server.intent(id)).paymentDetails.card.expiryDate.slice(0, 7), '2030-12');
  }, { session: server });
});

const collect = {
  billingAddress: { collectionRequired: true }, shippingDetails: { collectionRequired: true },
};

for (const viewport of [WIDE, PHONE]) {
  test(`a payer from where there are no postcodes pays at ${viewport.width}px`, async () => {
    for (const [country, city] of [['HK', 'Sha Tin'], ['AE', 'Dubai'], ['IE', 'Cork']]) {
      const { id, paymentLink } = await server.create({ config: collect });
      await open(viewport, async (page) => {
        await page.goto(paymentLink);
        await ready(page);
        await page.locator('#billing-postcode').fill('N1 1AA');
        await page.locator('#billing-country').selectOption(country);
        if (country === 'IE') await page.locator('#billing-postcode').fill('');
        else assert.ok(await page.locator('#billing-postcode').isHidden(), 'it is not asked for');
        await fill(page, CARDS.approved, { 'billing-address1': 'Flat 1, Tai Wai', 'billing-city': city });
        await page.locator('#same-address').uncheck();
        await page.locator('#shipping-country').selectOption(country);
        await fill(page, CARDS.approved, {
          'shipping-name': 'Mary', 'shipping-address1': 'Flat 2', 'shipping-city': city,
        });
        await look(page, `address-${country}`);
        await page.locator('#pay').click();
        await standing(page, 'paid');
      });
      const { billingAddress, shippingDetails: { address } } = await server.intent(id);
      for (const given of [billingAddress, address]) {
        assert.deepEqual([given.countryCode, given.city, given.postcode ?? null], [country, city, null]);
      }
    }
  });
}

test('what is asked for, and its name, follows the country', async () => {
  const { id, paymentLink } = await server.create({ config: collect });
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await ready(page);
    await page.locator('#same-address').uncheck();
    for (const prefix of ['billing', 'shipping']) {
      const label = async (name) => (await page.locator(`label[for="${prefix}-${name}"]`).innerText()).trim();
      assert.equal(await label('postcode'), 'Postcode');
      for (const [country, postcode, state] of [
        ['US', 'ZIP code', 'State'], ['CA', 'Postal code', 'Province'], ['IE', 'Eircode (optional)', 'County (optional)'],
        ['DE', 'Postcode', ''], ['GB', 'Postcode', 'County (optional)'], ['HK', '', 'State or region (optional)'],
      ]) {
        await page.locator(`#${prefix}-country`).selectOption(country);
        for (const [name, expected] of [['postcode', postcode], ['state', state]]) {
          const field = page.locator(`#${prefix}-${name}`);
          assert.equal(await field.isVisible(), expected !== '', `${name} in ${country}`);
          if (!expected) continue;
          assert.equal(await label(name), expected, `${name} in ${country}`);
          assert.equal(await field.getAttribute('aria-required'), String(!expected.includes('optional')), `${name} in ${country}`);
        }
      }
    }
    await fill(page, CARDS.approved, { 'billing-address1': '1 Main St', 'billing-city': 'Austin' });
    await page.locator('#same-address').check();
    await page.locator('#billing-country').selectOption('US');
    await page.locator('#pay').click();
    assert.equal(await page.locator('#billing-postcode-error').innerText(), 'Enter the ZIP code.');
    assert.equal(await page.locator('#billing-state-error').innerText(), 'Enter the state.');
    await look(page, 'address-US');
    await fill(page, CARDS.approved, { 'billing-postcode': '78701', 'billing-state': 'TX' });
    await page.locator('#pay').click();
    await standing(page, 'paid');
  });
  const { billingAddress } = await server.intent(id);
  assert.deepEqual([billingAddress.postcode, billingAddress.state], ['78701', 'TX']);
});

test('the server asks for the same parts', async () => {
  const { id } = await server.create({ config: collect });
  const pay = async (billingAddress, shippingAddress) => {
    const fresh = await fetch(`${server.origin}/payment-intents/public/${id}/refresh-client-session-secret`, { method: 'POST' });
    const { clientSessionSecret } = await fresh.json();
    const answer = await fetch(`${server.origin}/connect-e/api/payments/${clientSessionSecret}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        cardNumber: CARDS.approved, cardName: 'Ada', expiryDate: '12/2039', cV2: '020',
        billingAddress, shippingDetails: { name: 'Ada', address: shippingAddress },
      }),
    });
    const { statusCode, errors = [] } = await answer.json();
    return [statusCode, errors.map(({ errorType }) => errorType)];
  };
  const gb = { address1: '1 High Street', city: 'London', countryCode: 'GB' };
  const hk = { address1: 'Flat 1', city: 'Sha Tin', countryCode: '344' };
  assert.deepEqual(await pay(gb, hk), [400, ['billingAddressIncomplete']]);
  assert.deepEqual(await pay(hk, gb), [400, ['shippingAddressIncomplete']]);
  assert.deepEqual(await pay(hk, hk), [0, []]);
});
