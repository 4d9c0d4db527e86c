// An amount and a tip of the payer's own: what is on the button is what is taken.

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
const gbp = (value) => ({ value, currencyCode: 'GBP' });
const order = (payment, changes = {}) => server.create({ ...changes, config: { payment, details: { showTotal: true } } });
const both = { customAmountAllowed: true, tipsAllowed: true };
const label = (page) => page.locator('#pay-label').innerText();
const says = (page, text) => page.locator('#pay-label').filter({ hasText: text }).waitFor();
const money = (intent) => [intent.amount.value, intent.tipsAmount?.value, intent.totalAmount.value];

for (const viewport of [WIDE, PHONE]) {
  test(`an amount and a tip in per cent are on the button and are taken at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await order(both);
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      assert.equal(await label(page), 'Pay £10.00');
      assert.ok(await page.getByRole('radio', { name: 'No tip' }).isChecked());
      assert.ok(await page.getByRole('radio').count() >= 4);
      await page.getByTestId('custom-amount').fill('15.05');
      await says(page, 'Pay £15.05');
      await page.getByRole('radio', { name: /10%/ }).check();
      assert.equal(await label(page), 'Pay £16.56', 'half a penny counts as one');
      assert.match(await page.locator('#amount').innerText(), /£16\.56/);
      assert.match(await page.locator('#total').innerText(), /£16\.56/);
      await look(page, 'choosing');
      assert.deepEqual(money(await server.intent(id)), [1000, undefined, 1000], 'nothing is changed yet');
      await fill(page, CARDS.approved);
      await page.locator('#pay').click();
      await standing(page, 'paid');
      assert.match(await page.locator('#amount').innerText(), /£16\.56/);
    });
    const paid = await server.intent(id);
    assert.deepEqual(money(paid), [1505, 151, 1656]);
    assert.equal(paid.status, 'Captured');
  });

  test(`a tip of the payer's own is taken after the bank's check at ${viewport.width}px`, async () => {
    const { id, paymentLink } = await order({ tipsAllowed: true });
    await open(viewport, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      assert.equal(await page.getByTestId('custom-amount').count(), 0);
      assert.ok(await page.getByTestId('own-tip').isHidden());
      await page.getByRole('radio', { name: 'Other amount' }).check();
      await page.getByTestId('own-tip').fill('2,5');
      await says(page, 'Pay £12.50');
      await look(page, 'own-tip');
      await fill(page, CARDS.challenge);
      await page.locator('#pay').click();
      const frame = page.locator('#challenge-frame').contentFrame();
      const bank = viewport === PHONE ? page : frame;
      await bank.locator('#bank-amount').filter({ hasText: '£12.50' }).waitFor();
      await bank.locator('#code').fill('123456');
      await bank.locator('#approve').click();
      await standing(page, 'paid');
    });
    assert.deepEqual(money(await server.intent(id)), [1000, 250, 1250]);
  });
}

test('what is not an amount is not paid, and changes nothing', async () => {
  const { id, paymentLink } = await order(both);
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await fill(page, CARDS.approved);
    for (const written of ['', '0', '-5', '1.234', 'ten', '1.2.3']) {
      await page.getByTestId('custom-amount').fill(written);
      await page.locator('#pay').click();
      await page.locator('#custom-amount-error:visible').waitFor();
    }
    await page.getByTestId('custom-amount').fill('12');
    await page.getByRole('radio', { name: 'Other amount' }).check();
    for (const written of ['', 'x', '-1', '0.001']) {
      await page.getByTestId('own-tip').fill(written);
      await page.locator('#pay').click();
      await page.locator('#own-tip-error:visible').waitFor();
    }
    await look(page, 'choosing-wrong');
    assert.deepEqual(money(await server.intent(id)), [1000, undefined, 1000]);
    await page.getByRole('radio', { name: 'No tip' }).check();
    await page.locator('#pay').click();
    await standing(page, 'paid');
  });
  assert.deepEqual(money(await server.intent(id)), [1200, undefined, 1200]);
});

test('a payer who leaves, or is declined, has changed nothing', async () => {
  const { id, paymentLink } = await order(both);
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await page.getByTestId('custom-amount').fill('33');
    await fill(page, CARDS.declined);
    await page.locator('#pay').click();
    await page.locator('#error-summary:visible').waitFor();
    await page.locator('#pay:enabled').waitFor();
    assert.equal(await label(page), 'Pay £33.00');
    assert.deepEqual(money(await server.intent(id)), [1000, undefined, 1000]);
    await page.goto('about:blank');
    await page.goto(paymentLink);
    await page.locator('#pay:enabled').waitFor();
    assert.equal(await label(page), 'Pay £10.00');
  });
});

test('a change by the merchant is shown before anything is paid', async () => {
  const { id, paymentLink } = await order(both);
  await open(WIDE, async (page, { expectComplaints }) => {
    await page.goto(paymentLink);
    await page.getByTestId('custom-amount').fill('20');
    await page.getByRole('radio', { name: /20%/ }).check();
    await fill(page, CARDS.approved);
    await server.changeAmount(id, gbp(5000));
    await page.locator('#pay').click();
    await page.locator('#error-summary').filter({ hasText: /amount has changed/i }).waitFor();
    assert.equal(await label(page), 'Pay £50.00');
    assert.equal(await page.locator('#card-number').inputValue(), '4456 5300 0000 1005');
    assert.equal((await server.intent(id)).status, 'Created');
    await page.locator('#cv2').fill('020');
    await page.locator('#pay').click();
    await standing(page, 'paid');
    expectComplaints(/40[19]/);
  });
  assert.deepEqual(money(await server.intent(id)), [5000, undefined, 5000]);
});

test('two windows each pay what they show, once', async () => {
  const { id, paymentLink } = await order(both);
  await open(WIDE, async (page, { expectComplaints }) => {
    const other = await page.context().newPage();
    await page.goto(paymentLink);
    await other.goto(paymentLink);
    await page.getByTestId('custom-amount').fill('15');
    await other.getByTestId('custom-amount').fill('25');
    await fill(page, CARDS.declined);
    await fill(other, CARDS.approved);
    await page.locator('#pay').click();
    await page.locator('#error-summary:visible').waitFor();
    await other.locator('#pay').click();
    await standing(other, 'paid');
    expectComplaints(/40[19]/);
  });
  assert.deepEqual(money(await server.intent(id)), [2500, undefined, 2500]);
});

test('without permission there is nothing to choose, and nothing to be had by asking', async () => {
  const { id, paymentLink } = await server.create();
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await page.locator('#pay:enabled').waitFor();
    assert.equal(await page.locator('#choices').count(), 0);
  });
  for (const choice of [{ amount: 1, tips: 0, total: 1 }, { amount: 1000, tips: 5, total: 1005 }]) {
    const answer = await fetch(`${server.link(id)}/session`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ amount: gbp(1000), choice }),
    });
    assert.equal(answer.status, 400);
  }
  assert.deepEqual(money(await server.intent(id)), [1000, undefined, 1000]);
});

test('the strip for testers fills in a card that then pays', async () => {
  for (const [card, state] of [['approved', 'paid'], ['declined', undefined]]) {
    const { paymentLink } = await server.create();
    await open(WIDE, async (page) => {
      await page.goto(paymentLink);
      await page.locator('#pay:enabled').waitFor();
      await page.getByTestId(`test-card-${card}`).click();
      assert.match(await page.getByTestId('card-number').inputValue(), /^4456 5300/);
      await page.getByTestId('pay').click();
      if (state) await standing(page, state);
      else await page.locator('#error-summary').filter({ hasText: /declined/ }).waitFor();
    });
  }
});
