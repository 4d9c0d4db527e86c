// The pages in the payer's language.

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
const collect = { collectionRequired: true };

/** What each language says. */
const SAYS = {
  de: { label: /^10,00\s£ zahlen$/, number: 'Kartennummer', empty: 'Geben Sie die Kartennummer ein.', declined: /Bank hat die Zahlung abgelehnt/, paid: 'Zahlung erfolgreich', bank: 'Sind Sie das?', wrong: /noch 2 Versuche/, country: 'Österreich' },
  fr: { label: /^Payer 10,00\s£$/, number: 'Numéro de carte', empty: 'Saisissez le numéro de carte.', declined: /banque a refusé le paiement/, paid: 'Paiement réussi', bank: 'Est-ce bien vous ?', wrong: /2 essais/, country: 'Autriche' },
  es: { label: /^Pagar 10,00\s£$/, number: 'Número de tarjeta', empty: 'Introduzca el número de tarjeta.', declined: /banco ha rechazado el pago/, paid: 'Pago realizado', bank: '¿Es usted?', wrong: /2 intentos/, country: 'Austria' },
  it: { label: /^Paga 10,00\s£$/, number: 'Numero della carta', empty: 'Inserisci il numero della carta.', declined: /banca ha rifiutato il pagamento/, paid: 'Pagamento riuscito', bank: 'Sei tu?', wrong: /2 tentativi/, country: 'Austria' },
};

for (const [tag, says] of Object.entries(SAYS)) {
  for (const viewport of tag === 'de' ? [WIDE, PHONE] : [WIDE]) {
    test(`${tag} by the browser's wish, from the form to the receipt, at ${viewport.width}px`, async () => {
      const { id, paymentLink } = await server.create({ config: { customerEmail: collect, billingAddress: collect } });
      await open(viewport, async (page) => {
        await page.goto(paymentLink);
        await page.locator('#pay:enabled').waitFor();
        assert.equal(await page.locator('html').getAttribute('lang'), tag);
        assert.match((await page.locator('#pay-label').innerText()).trim(), says.label);
        assert.match(await page.locator('#sandbox-label').innerText(), /Sandbox/);
        assert.ok(await page.getByLabel(says.number).isVisible());
        await look(page, `pay-${tag}`);
        await page.locator('#pay').click();
        await page.locator('#card-number-error').filter({ hasText: says.empty }).waitFor();
        await look(page, `errors-${tag}`);
        await page.locator('#billing-country').selectOption({ label: says.country });
        await fill(page, CARDS.declined, { email: 'ada@example.com', 'billing-address1': 'Ring 1', 'billing-city': 'Wien', 'billing-postcode': '1010' });
        await page.locator('#pay').click();
        await page.locator('#error-summary').filter({ hasText: says.declined }).waitFor();
        await page.locator('#pay:enabled').waitFor();
        await fill(page, CARDS.challenge);
        await page.locator('#pay').click();
        const bank = viewport === PHONE ? page : page.locator('#challenge-frame').contentFrame();
        await bank.getByRole('heading', { name: says.bank }).waitFor();
        await bank.locator('#code').fill('000000');
        await bank.locator('#approve').click();
        await bank.locator('#code-error').filter({ hasText: says.wrong }).waitFor();
        await look(page, `bank-${tag}`);
        await bank.locator('#code').fill('123456');
        await bank.locator('#approve').click();
        await standing(page, 'paid');
        assert.equal(await page.locator('#state-title').innerText(), says.paid);
        await look(page, `paid-${tag}`);
      }, { locale: tag });
      const [mail] = (await server.mails()).filter(({ text }) => text.includes(id));
      assert.match(mail.subject, { de: /Ihr Beleg/, fr: /Votre reçu/, es: /Su recibo/, it: /La tua ricevuta/ }[tag]);
      assert.match(mail.text, /10,00\s£/);
    });
  }
}

test('the switch goes before the browser, stays, and is in the receipt', async () => {
  const { id, paymentLink } = await server.create({ config: { customerEmail: collect } });
  await open(WIDE, async (page) => {
    await page.goto(paymentLink);
    await page.getByTestId('language').getByRole('link', { name: 'Italiano' }).click();
    await page.locator('html[lang="it"]').waitFor();
    for (const link of await page.getByTestId('language').locator('[lang]').all()) assert.ok(await link.getAttribute('lang'));
    await fill(page, CARDS.challenge, { email: 'ada@example.com' });
    await page.setViewportSize(PHONE);
    await page.locator('#pay').click();
    await page.getByRole('heading', { name: SAYS.it.bank }).waitFor();
    await page.locator('#cancel').click();
    await page.locator('#error-summary:visible').waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'it');
    await fill(page, CARDS.approved, { email: 'ada@example.com' });
    await page.locator('#pay').click();
    await standing(page, 'paid');
    assert.equal(await page.locator('#state-title').innerText(), SAYS.it.paid);
  }, { locale: 'de' });
  const [mail] = (await server.mails()).filter(({ text }) => text.includes(id));
  assert.match(mail.subject, /La tua ricevuta/);
});

test('the language is told in the headers, and no cookie is set', async () => {
  const { id } = await server.create();
  for (const [path, accepted, tag] of [
    ['', 'fr;q=0.5, es;q=0.9', 'es'], ['?lang=de', 'fr', 'de'], ['', 'nl', 'en'], ['', undefined, 'en'],
    ['/result', 'it', 'it'],
  ]) {
    const answer = await fetch(server.link(id) + path, { headers: accepted ? { 'accept-language': accepted } : {} });
    assert.equal(answer.headers.get('content-language'), tag);
    assert.match(answer.headers.get('vary'), /accept-language/i);
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.match(await answer.text(), new RegExp(`<html lang="${tag}`));
  }
  const unknown = await fetch(server.link('nonsense'), { headers: { 'accept-language': 'de' } });
  assert.match(await unknown.text(), /Wir finden diese Zahlung nicht/);
});

test('programs are answered in English unless a page asks', async () => {
  const { id } = await server.create();
  const post = async (query, accepted) => {
    const answer = await fetch(`${server.origin}/connect-e/api/payments/nonsense${query}`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'accept-language': accepted }, body: '{}',
    });
    return (await answer.json()).message;
  };
  assert.match(await post('', 'de'), /The token is not valid/);
  assert.match(await post('?lang=de', 'fr'), /Schlüssel/);
  assert.ok(id);
});

test('every state has its words in every language', async () => {
  const canceled = await server.create({ config: { cancelUrl: `${SHOP}/cart` } });
  await server.cancel(canceled.id);
  const { id: setup } = await server.setUp();
  for (const tag of Object.keys(SAYS)) {
    await open(WIDE, async (page, { expectComplaints }) => {
      for (const [link, name] of [[server.link(canceled.id), 'canceled'], [server.link('nonsense'), 'unknown'], [server.link(setup), 'setup']]) {
        await page.goto(`${link}?lang=${tag}`);
        assert.equal(await page.locator('html').getAttribute('lang'), tag);
        await look(page, `${name}-${tag}`);
      }
      expectComplaints(/404/);
    });
  }
});
