// Every state of the payers' pages, to be looked at: in the narrowest look, and with
// TATAMI_ALL_LOOKS=1 in each width, colour scheme and language.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CARDS, MIDDLE, PHONE, SHOP, WIDE, fill, look, standing, testCard, theBank, visit } from './browser.mjs';
import { components, execute, frameAt, lookAt, mount, mountWallet, noted } from './shops.mjs';

const all = components();
const asked = { collectionRequired: true };
const gbp = (value) => ({ value, currencyCode: 'GBP' });
const COLLECT = { customerEmail: asked, billingAddress: asked, shippingDetails: asked };

const EVERY = [WIDE, MIDDLE, PHONE].flatMap((viewport) => ['light', 'dark'].flatMap((colorScheme) => ['en', 'de'].map((lang) => ({ viewport, colorScheme, lang }))));
const LOOKS = process.env.TATAMI_ALL_LOOKS ? EVERY : EVERY.slice(-1);

const ORDER = {
  amount: gbp(1510),
  description: 'Dog socks and a bandana',
  itemLines: [
    { id: '1', quantity: 4, name: 'Dog socks', amountTotal: gbp(400), modifiers: [{ id: 'm', name: 'Gift wrap', quantity: 2, amountPerModifier: gbp(50) }] },
    { id: '2', quantity: 1, name: 'Dog bandana', amountTotal: gbp(600) },
  ],
  taxLines: [{ id: 'vat', caption: 'VAT', subCaption: '10%', amountTotal: gbp(10) }, { id: 'delivery', caption: 'Delivery', amountTotal: gbp(500) }],
  config: {
    ...COLLECT, title: 'The Company', cancelUrl: `${SHOP}/cart`, details: { showTotal: true, showReference: true },
    payment: { customAmountAllowed: true, tipsAllowed: true },
  },
};
const WALLET = { paymentMethods: ['Card', 'Wallet'] };
const create = (changes) => all.server.create(changes);
const ready = (page) => page.locator('#pay:enabled').waitFor();

/** Opens a page of ours in the language of the look. */
const to = (page, lang, link) => page.goto(`${link}?lang=${lang}`);

async function form(page, lang, changes) {
  const { id, paymentLink } = await create(changes);
  await to(page, lang, paymentLink);
  await ready(page);
  return id;
}

async function submit(page, number) {
  await fill(page, number);
  await page.locator('#pay').click();
}

async function ended(page, lang, state, end, changes = {}) {
  const { id, paymentLink } = await create(changes);
  await end(id);
  await to(page, lang, paymentLink);
  await standing(page, state);
}

const paid = (id) => all.server.pay(id, CARDS.approved);
const summary = (page) => page.locator('#error-summary:visible').waitFor();

async function sheet(page, lang, config) {
  await form(page, lang, { ...WALLET, config });
  await page.getByTestId('wallet').click();
  await page.getByRole('dialog').waitFor();
}

async function setUp(page, lang, changes) {
  const { id } = await all.server.setUp({ description: 'Table for four, Friday at eight', ...changes });
  await to(page, lang, all.server.link(id));
  await ready(page);
}

/** What leads to each state, on a page that says nothing yet. */
const STATES = {
  form: (page, lang) => form(page, lang),
  async order(page, lang) {
    await form(page, lang, { ...ORDER, ...WALLET });
    await page.locator('#same-address').uncheck();
    await page.getByTestId('tip-other').check();
  },
  async 'order-errors'(page, lang) {
    await STATES.order(page, lang);
    await page.locator('#custom-amount').fill('x');
    await page.locator('#pay').click();
    await summary(page);
  },
  async 'methods-missing'(page, lang) {
    await form(page, lang, { paymentMethods: ['Card', 'SavedCard'] });
  },
  async paying(page, lang) {
    await form(page, lang);
    await submit(page, await testCard(all.server.origin, 'slow'));
    await page.locator('#pay[aria-busy="true"]').waitFor();
  },
  async declined(page, lang) {
    await form(page, lang);
    await submit(page, CARDS.declined);
    await summary(page);
    await ready(page);
  },
  async 'amount-changed'(page, lang) {
    const id = await form(page, lang, { config: { payment: { customAmountAllowed: true } } });
    await all.server.changeAmount(id, gbp(5000));
    await submit(page, CARDS.approved);
    await summary(page);
  },
  async 'saved-cards'(page, lang) {
    const { id: customer } = await all.server.createCustomer({});
    const order = async () => {
      const { secret } = await all.server.createSecret(customer);
      return create({ paymentMethods: ['SavedCard', 'Card'], customer: { id: customer, secret } });
    };
    for (const number of [CARDS.approved, '5200000000001005']) {
      const { id } = await order();
      assert.equal(await all.server.pay(id, number, { savePaymentMethod: true }), 0);
    }
    const { paymentLink } = await order();
    await page.goto(`${paymentLink}&lang=${lang}`);
    await ready(page);
    await page.locator('.remove').last().click();
  },
  async bank(page, lang) {
    await form(page, lang);
    await submit(page, CARDS.challenge);
    const bank = await theBank(page);
    await bank.locator('#code').fill('000000');
    await bank.locator('#approve').click();
    await bank.locator('#code-error').waitFor();
  },
  'wallet-sheet': (page, lang) => sheet(page, lang, {}),
  async 'wallet-sheet-errors'(page, lang) {
    await sheet(page, lang, COLLECT);
    await page.locator('dialog .primary').click();
    await page.locator('#wallet-email-error:visible').waitFor();
  },
  async terminal(page, lang) {
    await form(page, lang, { cardHolderNotPresent: true, config: { customerEmail: asked } });
    await submit(page, CARDS.declined);
    await summary(page);
  },
  setup: (page, lang) => setUp(page, lang),
  async 'setup-errors'(page, lang) {
    await setUp(page, lang, { merchantInitiatedTransactionType: 'Unscheduled' });
    await page.locator('#pay').click();
    await summary(page);
  },
  async 'setup-saved'(page, lang) {
    await setUp(page, lang);
    await page.locator('#consent').check();
    await submit(page, CARDS.approved);
    await standing(page, 'saved');
  },
  async 'setup-canceled'(page, lang) {
    const { id } = await all.server.setUp();
    await all.server.cancelSetup(id);
    await to(page, lang, all.server.link(id));
    await standing(page, 'canceled');
  },
  async paid(page, lang) {
    await form(page, lang, { actionLink: { url: `${SHOP}/ticket`, label: 'Your ticket' } });
    await submit(page, CARDS.approved);
    await standing(page, 'paid');
  },
  'paid-before': (page, lang) => ended(page, lang, 'paid', paid, { config: { redirectUrl: `${SHOP}/done` } }),
  async refunded(page, lang) {
    await ended(page, lang, 'refunded', async (id) => {
      await paid(id);
      await all.server.refund(id, 1000);
    });
  },
  async reversed(page, lang) {
    await ended(page, lang, 'reversed', async (id) => {
      await paid(id);
      await all.server.reverse(id);
    });
  },
  canceled: (page, lang) => ended(page, lang, 'canceled', (id) => all.server.cancel(id), { config: { cancelUrl: `${SHOP}/cart` } }),
  async expired(page, lang) {
    const { now } = await all.server.clock();
    await ended(page, lang, 'expired', () => all.server.advance('00:02:00'), { expireAt: new Date(Date.parse(now) + 60_000).toISOString() });
  },
  async processing(page, lang) {
    const { id, paymentLink } = await create();
    const number = await testCard(all.server.origin, 'slow');
    const paying = all.server.pay(id, number);
    while ((await (await fetch(`${paymentLink}/status`)).json()).state === 'payable');
    await to(page, lang, paymentLink);
    await standing(page, 'processing');
    return paying;
  },
  'no-way': (page, lang) => ended(page, lang, 'no-way', () => {}, { paymentMethods: ['SavedCard'] }),
  async unknown(page, lang) {
    await to(page, lang, all.server.link('nonsense'));
    await standing(page, 'unknown');
  },
};

for (const { viewport, colorScheme, lang } of LOOKS) {
  const name = `${colorScheme}-${lang}`;
  for (const [state, reach] of Object.entries(STATES)) {
    test(`${state}, ${viewport.width}px, ${colorScheme}, ${lang}`, async () => {
      await visit(all.browser, all.server.origin, viewport, async (page, { expectComplaints }) => {
        expectComplaints(/40[149]/);
        await reach(page, lang);
        assert.match(await page.locator('html').getAttribute('lang'), new RegExp(`^${lang}`));
        await look(page, `state-${state}-${name}`);
      }, { colorScheme });
    });
  }

  test(`components, ${viewport.width}px, ${colorScheme}, ${lang}`, async () => {
    const origins = [all.server.origin, all.shop.origin];
    await visit(all.browser, origins, viewport, async (page) => {
      await page.goto(`${all.shop.origin}/${colorScheme === 'dark' ? '?dark' : ''}`);
      await page.evaluate((tag) => { document.documentElement.lang = tag; }, lang);
      const card = await create(WALLET);
      await mount(page, await all.server.renew(card.id), { text: { cardNumber: { showValidation: true }, cv2: { showValidation: true } } });
      await mountWallet(page, await all.server.renew((await create(WALLET)).id), {}, 'other-here');
      await Promise.all([noted(page, 'loaded'), noted(page, 'loaded', 'other-here')]);
      await fill(frameAt(page), '4456530000001006', { cv2: '1' });
      await (await execute(page))();
      const title = await page.locator('#card-here iframe').getAttribute('title');
      assert.equal(title, { en: 'Card details', de: 'Kartendaten' }[lang]);
      await lookAt(page, frameAt(page), `state-component-${name}`);
      await lookAt(page, frameAt(page, 'other-here'), `state-component-wallet-${name}`);
    }, { colorScheme });
  });
}
