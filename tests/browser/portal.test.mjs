// The portal: from the first start to a payment by clicking only, signing in with all
// factors, and pages that are in order at every width, light and dark.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { code } from './authenticator.mjs';
import { CARDS, MIDDLE, PHONE, WIDE, fill, launch, look, standing, visit } from './browser.mjs';
import { start } from './server.mjs';

const PASSWORD = 'a password for the tests';

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

test('from the first start to a paid order by clicking only', async () => {
  await open(WIDE, async (page) => {
    const begun = performance.now();
    await page.goto(server.origin);
    await page.getByRole('heading', { name: 'Home', exact: true }).waitFor();
    await look(page, 'portal-home');
    await page.getByLabel('Show its webhooks here').check();
    await page.getByRole('button', { name: 'Create a payment' }).click();
    // The webhook arrives while the page is looked at.
    await page.locator('.arrived', { hasText: 'payment_intent.created delivered' }).waitFor();
    const [checkout] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Open the checkout' }).click(),
    ]);
    await fill(checkout, CARDS.approved);
    await checkout.locator('#pay').click();
    await standing(checkout, 'paid');
    await checkout.close();
    await page.locator('.first-steps .is-done', { hasText: 'Make a payment' }).waitFor();
    await page.locator('.arrived', { hasText: 'payment_intent.status_updated delivered' }).waitFor();
    await look(page, 'portal-home-paid');
    console.log(`from the first page to a paid order: ${Math.round(performance.now() - begun)} ms`);
    await page.getByRole('link', { name: 'See the payment' }).click();
    await page.getByRole('heading', { name: '£10.00 Captured' }).waitFor();
    await page.getByRole('navigation', { name: 'Portal' }).getByRole('link', { name: 'Payments' }).click();
    await page.getByRole('link', { name: '£10.00' }).first().click();
    await page.getByRole('heading', { name: '£10.00 Captured' }).waitFor();
    await look(page, 'portal-payment');
    await page.getByLabel('Amount to refund').fill('2.50');
    await page.getByRole('button', { name: 'Refund' }).click();
    await page.getByText('Refunded.', { exact: true }).waitFor();
    await page.getByText('£2.50 as').waitFor();
  });
});

test('a key is made, shown once, and deleted', async () => {
  await open(WIDE, async (page) => {
    await page.goto(server.origin);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByLabel('Name').fill('Web shop');
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = await page.locator('#new-key').innerText();
    const ask = () => fetch(`${server.origin}/terminals`, { headers: { authorization: `Basic ${key}`, version: '2026-02-27', 'software-house-id': 'a', 'reseller-id': 'b' } });
    assert.equal((await ask()).status, 200);
    await page.getByRole('link', { name: 'API keys' }).click();
    assert.equal(await page.locator('#new-key').count(), 0);
    const row = page.locator('.rows > li', { hasText: 'Web shop' });
    await row.locator('summary').click();
    await row.getByRole('button', { name: 'Delete this key' }).click();
    await page.getByText('The key is deleted').waitFor();
    assert.equal((await ask()).status, 401);
  });
});

test('an invitation, a second factor, and signing in with both', async () => {
  let link;
  await open(WIDE, async (page) => {
    await page.goto(server.origin);
    await page.getByRole('link', { name: 'People' }).click();
    await page.locator('#email').fill('ada@example.com');
    await page.getByRole('button', { name: 'Send invitation' }).click();
    await page.getByText('The invitation is on its way.').waitFor();
    await page.getByRole('link', { name: 'Mails to users' }).click();
    link = (await page.locator('.wrapped').first().innerText()).match(/http\S+/)[0];
    await look(page, 'portal-mails');
  });
  let secret;
  await open(WIDE, async (page, { expectComplaints }) => {
    expectComplaints(/401/);
    await page.goto(link);
    await look(page, 'portal-invitation');
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Your account' }).click();
    await page.getByLabel('Current password, to turn it on').fill(PASSWORD);
    await page.getByRole('button', { name: 'Turn on' }).click();
    secret = await page.locator('#secret').innerText();
    await look(page, 'portal-second-factor');
    await page.getByLabel('Code', { exact: true }).fill(code(secret));
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByText('The second factor is on.').waitFor();
    await look(page, 'portal-recovery-codes');
    const recovery = (await page.locator('#codes').innerText()).split('\n')[0];
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail address').fill('ada@example.com');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await look(page, 'portal-code');
    await page.getByLabel('Code', { exact: true }).fill('123');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Code', { exact: true }).fill(recovery);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Home', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail address').fill('ada@example.com');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    // The code that turned it on was used; the app shows the next one soon.
    await page.getByLabel('Code', { exact: true }).fill(code(secret, 1));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Home', exact: true }).waitFor();
    // A viewer sees payments, and nothing of keys or people.
    assert.equal(await page.getByRole('link', { name: 'API keys' }).count(), 0);
    assert.equal(await page.getByRole('link', { name: 'People' }).count(), 0);
  });
});

for (const [viewport, colorScheme] of [[WIDE, 'light'], [MIDDLE, 'dark'], [PHONE, 'light'], [PHONE, 'dark'], [WIDE, 'dark']]) {
  test(`pages are in order at ${viewport.width}px, ${colorScheme}`, async () => {
    await open(viewport, async (page) => {
      await page.goto(server.origin);
      await page.locator('h1').waitFor();
      const links = await page.locator('.sections a').evaluateAll((all) => all.map((link) => link.pathname));
      assert.ok(links.length > 5, links.join());
      for (const path of links.filter((path) => path.startsWith('/portal'))) {
        await page.goto(server.origin + path);
        await page.locator('h1').waitFor();
        await look(page, `portal-${path.split('/').at(-1)}-${colorScheme}`);
      }
      await page.goto(`${server.origin}/portal`);
      await page.locator('.places summary').click();
      await look(page, `portal-places-${colorScheme}`);
      await page.locator('.places summary').click();
      if (viewport !== WIDE) {
        await page.getByRole('button', { name: 'Menu', exact: true }).click();
        await page.getByRole('link', { name: 'Your account' }).waitFor();
        await look(page, `portal-menu-${colorScheme}`);
        await page.keyboard.press('Escape');
        await page.getByRole('link', { name: 'Your account' }).waitFor({ state: 'hidden' });
      }
      await page.locator('.modes a', { hasText: 'Live' }).click();
      await page.getByText('Real money.').waitFor();
      await look(page, `portal-live-${colorScheme}`);
    }, { colorScheme });
    await open(viewport, async (page) => {
      await page.goto(`${server.origin}/portal/sign-in`);
      await look(page, `portal-sign-in-${colorScheme}`);
      await page.goto(`${server.origin}/portal/forgot`);
      await look(page, `portal-forgot-${colorScheme}`);
    }, { colorScheme });
  });
}

test('everything works by keyboard and without scripts', async () => {
  await open(WIDE, async (page) => {
    await page.goto(server.origin);
    await page.locator('h1').waitFor();
    await page.keyboard.press('Tab');
    await page.locator('.skip:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#content:focus').waitFor();
    await page.getByRole('link', { name: 'Payments' }).click();
    await page.locator('.filter summary').click();
    await page.getByLabel('Reference, all or part').fill('nothing like it');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('No payments match this filter').waitFor();
  }, { javaScriptEnabled: false });
});
