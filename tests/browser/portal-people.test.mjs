// People of a company in the portal: locations, roles at each, and what two roles are
// refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CARDS, PHONE, WIDE, launch, look, visit } from './browser.mjs';
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

/** Invites a user; the link that is mailed. */
async function invite(page, email, role) {
  await page.goto(`${server.origin}/portal/people`);
  await page.locator('#email').fill(email);
  await page.locator('#role-new').selectOption(role);
  await page.getByRole('button', { name: 'Send invitation' }).click();
  await page.getByText('The invitation is on its way.').waitFor();
  await page.goto(`${server.origin}/portal/mails`);
  return (await page.locator('.wrapped').first().innerText()).match(/http\S+/)[0];
}

async function accept(page, link) {
  await page.goto(link);
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Home', exact: true }).waitFor();
}

const links = {};
test('an owner invites a viewer and support', async () => {
  await open(WIDE, async (page) => {
    await page.goto(server.origin);
    await page.locator('h1').waitFor();
    links.viewer = await invite(page, 'viewer@example.com', 'viewer');
    links.support = await invite(page, 'support@example.com', 'support');
    await page.goto(`${server.origin}/portal/people`);
    await page.getByText('The invitation is valid until').first().waitFor();
    await look(page, 'portal-people-invited');
  });
});

test('a viewer sees a payment and pays nothing back; support pays back and has no keys', async () => {
  const { id } = await server.create();
  await server.pay(id, CARDS.approved);
  for (const [role, mayRefund] of [['viewer', false], ['support', true]]) {
    await open(WIDE, async (page, { expectComplaints }) => {
      expectComplaints(/403/);
      await accept(page, links[role]);
      const home = page.url();
      await page.goto(`${home}/payments/${id}`);
      await page.getByRole('heading', { name: '£10.00 Captured' }).waitFor();
      const button = page.getByRole('button', { name: 'Refund' });
      assert.equal(await button.count() > 0, mayRefund, role);
      if (mayRefund) {
        await page.getByLabel('Amount to refund').fill('1.00');
        await button.click();
        await page.getByText('Refunded.', { exact: true }).waitFor();
      } else {
        // The form of another role, sent all the same.
        await page.evaluate((path) => {
          const form = document.querySelector('.out');
          form.action = path;
          form.submit();
        }, `${home}/payments/${id}/refund`);
        await page.getByText('Your role does not allow this.').waitFor();
      }
      for (const path of [`${home}/keys`, `${home}/webhooks`, `${server.origin}/portal/people`, `${server.origin}/portal/company`]) {
        await page.goto(path);
        await page.getByText('Your role does not allow this.').waitFor();
      }
      await look(page, 'portal-not-allowed');
    });
  }
});

test('a location is added, chosen at the top left, and given a role of its own', async () => {
  await open(WIDE, async (page) => {
    await page.goto(server.origin);
    await page.getByRole('link', { name: 'Locations and rules' }).click();
    await page.getByLabel('Name of a new location').fill('Harbour Café');
    await page.getByRole('button', { name: 'Add location' }).click();
    await page.getByText('The location was added.').waitFor();
    await look(page, 'portal-company');
    await page.locator('.places summary').click();
    await page.getByRole('navigation', { name: 'Locations' }).getByRole('link', { name: 'Harbour Café' }).click();
    await page.locator('.places strong', { hasText: 'Harbour Café' }).waitFor();
    await page.getByRole('link', { name: 'People' }).click();
    const row = page.locator('.rows > li', { hasText: 'viewer@example.com' });
    await row.locator('summary').click();
    await row.getByLabel('By location').check();
    await row.getByLabel('Harbour Café').selectOption('developer');
    await look(page, 'portal-people-roles');
    await row.getByRole('button', { name: 'Save role' }).click();
    await page.getByText('The role was changed.').waitFor();
    await page.getByText('developer at Harbour Café').waitFor();
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.locator('.filter summary').click();
    await page.getByLabel('Action begins with').fill('user.');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.locator('td code', { hasText: 'user.set-role' }).first().waitFor();
    assert.equal(await page.locator('td code', { hasText: 'session.begin' }).count(), 0);
    await look(page, 'portal-audit-filtered');
  });
});

test('the pages of people are in order on a dark phone', async () => {
  await open(PHONE, async (page) => {
    await page.goto(server.origin);
    await page.locator('h1').waitFor();
    for (const path of ['company', 'people', 'audit', 'profile']) {
      await page.goto(`${server.origin}/portal/${path}`);
      await page.locator('h1').waitFor();
      await look(page, `portal-${path}-dark`);
    }
  }, { colorScheme: 'dark' });
});
