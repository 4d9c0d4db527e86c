// Paying in person, at the card machines' pages.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, test } from 'node:test';

import { PHONE, WIDE, launch, look as seen, visit } from './browser.mjs';
import { start } from './server.mjs';

let server;
let browser;
let terminals;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  terminals = await server.terminals();
});
after(async () => {
  await browser?.close();
  server?.stop();
});
beforeEach(() => server.pace('immediate'));

const terminal = (ending) => terminals.find(({ properties }) => properties.tid.endsWith(ending));
const tid = (ending) => terminal(ending).properties.tid;

/** Opens the page of the machine with that ending. */
const open = (ending, viewport, use, options = {}) => visit(browser, server.origin, viewport, async (page, visitor) => {
  await free(ending);
  await page.goto(`${server.origin}/card-machines/${tid(ending)}`);
  await screen(page, 'idle');
  await use(page, visitor);
}, { session: server, ...options });

/** Clears what a test that failed has left on a machine. */
async function free(ending) {
  const ways = ['power-on', 'restore-line', 'leave-menu', 'remove-card', 'cancel', 'ok'];
  for (;;) {
    const { screen: { name }, actions } = await server.machine(tid(ending));
    if (name === 'idle') return;
    const way = ways.find((action) => actions.includes(action));
    if (way) await server.press(tid(ending), way);
    else await server.advance('00:02:00');
  }
}

/** Looks at the page when no card is on its way. */
async function look(page, name) {
  await page.locator('#machine:not([data-card$="ing"])').waitFor();
  await seen(page, name);
}

/** Waits for the machine to show a screen. */
const screen = (page, name) => page.locator(`#machine[data-screen="${name}"]`).waitFor();

/** A till's sale of £10.00 on the machine with that ending. */
async function sell(ending, changes = {}) {
  const { id } = await server.create(changes);
  const session = await server.sell(terminal(ending).id, id);
  return { id, session: session.id };
}

async function present(page, action, card = 'visa') {
  await page.locator(`#wallet input[value^="${card}"]`).first().check();
  await page.locator(`#presenting [data-act="${action}"][aria-disabled="false"]`).click();
}

const key = (page, name) => page.locator(`.key[data-key="${name}"][aria-disabled="false"]`).click();

/** Puts the machine back to where it waits for a till. */
async function clear(page) {
  await key(page, 'ok');
  await screen(page, 'idle');
}

async function story({ id, session }) {
  const [intent, { status }] = await Promise.all([server.intent(id), server.session(session)]);
  return { intent: intent.status, session: status, details: intent.paymentDetails, history: intent.terminalSessionHistory };
}

for (const viewport of [WIDE, PHONE]) {
  const colorScheme = viewport === PHONE ? 'dark' : 'light';

  test(`pays by chip and PIN at ${viewport.width}px`, async () => {
    await open('MAN0', viewport, async (page) => {
      await look(page, 'machine-idle');
      const sale = await sell('MAN0');
      await screen(page, 'presentCard');
      assert.match(await page.locator('#screen').innerText(), /£10\.00/);
      await look(page, 'machine-present');
      await present(page, 'insert');
      await screen(page, 'enterPin');
      await key(page, '9');
      await key(page, '9');
      await key(page, 'clear');
      assert.equal(await page.locator('.dot.full').count(), 1);
      await look(page, 'machine-pin');
      for (const digit of '999') await key(page, digit);
      await key(page, 'ok');
      await screen(page, 'wrongPin');
      assert.match(await page.locator('#screen').innerText(), /2 tries left/);
      assert.equal(await page.locator('.dot.full').count(), 0, 'what was typed is gone');
      await look(page, 'machine-wrong-pin');
      await page.keyboard.type('1234');
      await page.keyboard.press('Enter');
      await screen(page, 'removeCard');
      assert.equal(await page.locator('#machine').getAttribute('data-card'), 'inserted');
      await look(page, 'machine-remove-card');
      await page.locator('#presenting [data-act="remove-card"]').click();
      await screen(page, 'approved');
      assert.match(await page.locator('#announcement').innerText(), /Approved/);
      await look(page, 'machine-approved');
      const told = await story(sale);
      assert.deepEqual([told.intent, told.session], ['Captured', 'Captured']);
      assert.equal(told.history.at(-1).terminalSession.id, sale.session);
      await page.locator('[data-fact="Status"]').filter({ hasText: 'Captured' }).waitFor();
      await clear(page);
    }, { colorScheme });
  });

  test(`pays by a tap, and above the limit only with a phone at ${viewport.width}px`, async () => {
    await open('MAN0', viewport, async (page) => {
      const sale = await sell('MAN0');
      await present(page, 'tap');
      await screen(page, 'approved');
      assert.equal((await story(sale)).intent, 'Captured');
      await clear(page);

      const dear = await sell('MAN0', { amount: { value: 10001, currencyCode: 'GBP' } });
      await screen(page, 'presentCard');
      await present(page, 'tap');
      await page.locator('#screen').filter({ hasText: /Insert/ }).waitFor();
      await look(page, 'machine-limit');
      assert.equal((await story(dear)).intent, 'Created');
      await present(page, 'tap-device');
      await screen(page, 'approved');
      assert.equal((await story(dear)).intent, 'Captured');
      await clear(page);
    }, { colorScheme });
  });

  test(`pays with a signature at ${viewport.width}px`, async () => {
    await open('MAN0', viewport, async (page) => {
      const sale = await sell('MAN0');
      await present(page, 'swipe');
      await screen(page, 'signature');
      assert.equal((await story(sale)).session, 'SignatureVerificationRequired');
      assert.match(await page.locator('.receipt.merchant').first().innerText(), /SIGN BELOW/);
      await look(page, 'machine-signature');
      await page.locator('#screen [data-act="sign"]').click();
      await page.locator('.receipt .scribble').first().waitFor();
      await look(page, 'machine-signed');
      await page.getByRole('button', { name: 'Accept' }).click();
      await screen(page, 'approved');
      assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Captured', 'Captured']);
      await clear(page);
    }, { colorScheme });
  });

  test(`is declined at ${viewport.width}px`, async () => {
    await open('MAN0', viewport, async (page) => {
      const sale = await sell('MAN0');
      await present(page, 'tap', 'declined');
      await screen(page, 'declined');
      await look(page, 'machine-declined');
      assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Created', 'Declined']);
      await clear(page);
    }, { colorScheme });
  });

  test(`is cancelled with the X at ${viewport.width}px`, async () => {
    await open('MAN0', viewport, async (page) => {
      const sale = await sell('MAN0');
      await screen(page, 'presentCard');
      await key(page, 'cancel');
      await screen(page, 'cancelled');
      await look(page, 'machine-cancelled');
      assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Created', 'Canceled']);
      await clear(page);
    }, { colorScheme });
  });

  test(`takes the battery out during authorization at ${viewport.width}px`, async () => {
    await server.pace('readable');
    await open('MAN0', viewport, async (page) => {
      const sale = await sell('MAN0');
      await screen(page, 'presentCard');
      await present(page, 'insert');
      await screen(page, 'enterPin');
      await page.keyboard.type('1234');
      await page.keyboard.press('Enter');
      await screen(page, 'pleaseWait');
      await page.locator('#battery').click();
      await screen(page, 'off');
      await look(page, 'machine-off');
      await server.advance('00:00:20');
      assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Created', 'Expired']);
      await page.locator('[data-fact="Status"]').filter({ hasText: 'Expired' }).waitFor();
      await page.locator('#battery').click();
      await screen(page, 'removeCard');
      await page.locator('#presenting [data-act="remove-card"]').click();
      await screen(page, 'approved');
      assert.match(await page.locator('#screen').innerText(), /The answer arrived late/);
      assert.match(await page.locator('.receipt.merchant').first().innerText(), /SUCCESSFUL/);
      await look(page, 'machine-late');
      assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Captured', 'Expired']);
      assert.equal((await server.intent(sale.id)).paymentEvents.length, 1, 'paid once');
      await clear(page);
    }, { colorScheme });
  });
}

test('a rejected signature takes the payment back', async () => {
  await open('MAN0', WIDE, async (page) => {
    const sale = await sell('MAN0');
    await present(page, 'swipe');
    await screen(page, 'signature');
    await page.locator('#screen [data-act="sign"]').focus();
    await page.keyboard.press('Enter');
    await page.locator('.receipt .scribble').first().waitFor();
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'the focus stays on the machine');
    await page.getByRole('button', { name: 'Reject' }).click();
    await screen(page, 'declined');
    assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Created', 'SignatureVerificationRejected']);
    await clear(page);
  });
});

test('a receipt can be saved as text', async () => {
  await open('MAN0', WIDE, async (page) => {
    await sell('MAN0', { amount: { value: 1234, currencyCode: 'GBP' } });
    await present(page, 'tap');
    await screen(page, 'approved');
    const saving = page.waitForEvent('download');
    await page.locator('.receipt.customer button').first().click();
    const download = await saving;
    assert.match(download.suggestedFilename(), /^receipt-.*MAN0-.*-customer\.txt$/);
    const lines = (await readFile(await download.path(), 'utf8')).split('\n');
    assert.ok(lines.some((line) => /^TOTAL +£12\.34$/.test(line)), lines.join('\n'));
    assert.ok(lines.every((line) => line.length <= 24), lines.join('\n'));
    await clear(page);
  });
});

test('a card is keyed in where its holder is not there', async () => {
  await open('MAN0', WIDE, async (page) => {
    const sale = await sell('MAN0', { cardHolderNotPresent: true });
    await screen(page, 'keyIn');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.locator('#keyed-error').filter({ hasText: 'number' }).waitFor();
    await look(page, 'machine-key-in');
    // On the machine's own keys, which go on from field to field.
    for (const digit of '4456530000001005') await key(page, digit);
    await key(page, 'ok');
    for (const digit of '1239') await key(page, digit);
    await key(page, 'ok');
    for (const digit of '020') await key(page, digit);
    await key(page, 'ok');
    await screen(page, 'approved');
    assert.equal((await story(sale)).intent, 'Captured');
    assert.doesNotMatch(await page.content(), /4456530000001005/, 'the number is not kept');
    await clear(page);
  });
});

test('a tip is chosen on the machine', async () => {
  await open('MAN0', WIDE, async (page) => {
    const sale = await sell('MAN0', { config: { payment: { tipsAllowed: true } } });
    await screen(page, 'tip');
    await look(page, 'machine-tip');
    await page.getByRole('button', { name: '12.5 % £1.25' }).click();
    await screen(page, 'presentCard');
    assert.match(await page.locator('#screen').innerText(), /£11\.25/);
    await present(page, 'tap');
    await screen(page, 'approved');
    assert.equal((await server.intent(sale.id)).tipsAmount.value, 125);
    await clear(page);
  });
});

test('the menu keeps tills away', async () => {
  await open('MAN0', WIDE, async (page) => {
    await key(page, 'menu');
    await screen(page, 'menu');
    await look(page, 'machine-menu');
    const { id } = await server.create();
    await assert.rejects(server.sell(terminal('MAN0').id, id), /409.*TERMINAL_UNAVAILABLE/s);
    await page.getByRole('button', { name: 'Leave the menu' }).click();
    await screen(page, 'idle');
  });
});

test('a line lost during authorization leaves the result open', async () => {
  await server.pace('readable');
  await open('MAN0', WIDE, async (page) => {
    const sale = await sell('MAN0');
    await screen(page, 'presentCard');
    await present(page, 'tap');
    await screen(page, 'pleaseWait');
    await page.locator('#line').click();
    await screen(page, 'noLine');
    await server.advance('00:00:20');
    await page.locator('.receipt.merchant').filter({ hasText: 'RESULT NOT KNOWN' }).first().waitFor();
    await look(page, 'machine-not-known');
    assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Created', 'Expired']);
    await page.locator('#line').click();
    await screen(page, 'approved');
    assert.match(await page.locator('.receipt.merchant').first().innerText(), /SUCCESSFUL/);
    assert.deepEqual(Object.values(await story(sale)).slice(0, 2), ['Captured', 'Expired']);
    assert.equal((await server.intent(sale.id)).paymentEvents.length, 1, 'paid once');
    await clear(page);
  });
});

test('a machine without a line says so', async () => {
  await open('MAN0', WIDE, async (page) => {
    await page.locator('#line').click();
    await screen(page, 'noLine');
    await look(page, 'machine-no-line');
    const offline = await server.terminals('Offline');
    assert.ok(offline.some(({ id }) => id === terminal('MAN0').id));
    await page.getByRole('button', { name: 'Restore the line' }).click();
    await screen(page, 'idle');
  });
});

test('a scripted machine plays by itself', async () => {
  await open('SIS0', WIDE, async (page) => {
    assert.match(await page.locator('#about').innerText(), /Success, card inserted, signature/);
    const sale = await sell('SIS0');
    await screen(page, 'signature');
    assert.equal((await story(sale)).session, 'SignatureVerificationRequired');
    await server.sign(sale.session, true);
    await page.locator('[data-fact="Status"]').filter({ hasText: 'Captured' }).waitFor();
    assert.match(await page.locator('.receipt.customer').first().innerText(), /SUCCESSFUL/);
  });
});

test('what a machine does next can be set', async () => {
  await open('SIP0', WIDE, async (page) => {
    await page.locator('#next-outcome').selectOption('declined');
    await page.getByRole('button', { name: 'Play this next' }).click();
    await page.locator('#next-told').filter({ hasText: 'Declined, card inserted, PIN' }).waitFor();
    const sale = await sell('SIP0');
    await page.locator('[data-fact="Status"]').filter({ hasText: 'Declined' }).waitFor();
    assert.equal((await story(sale)).session, 'Declined');
    await page.locator('#next-told').filter({ hasText: 'what its TID says' }).waitFor();
  });
});

test('the till on the page sells, cancels and is refused', async () => {
  await open('MAN0', WIDE, async (page, { expectComplaints }) => {
    await page.locator('#till-amount').fill('nothing');
    await page.locator('#till-send').click();
    assert.equal(await page.locator('#till-amount').getAttribute('aria-invalid'), 'true');
    await page.locator('#till-amount').fill('2.50');
    await page.locator('#till-send').click();
    await screen(page, 'presentCard');
    assert.match(await page.locator('#screen').innerText(), /£2\.50/);
    await page.locator('#till-send').click();
    await page.locator('#till-told').filter({ hasText: /in use/i }).waitFor();
    await page.locator('#till-cancel').click();
    await page.locator('[data-fact="Status"]').filter({ hasText: 'Canceled' }).waitFor();
    expectComplaints(/409/);
    await clear(page);
  });
});

test('pays with the keyboard alone', async () => {
  await open('MAN0', WIDE, async (page) => {
    const sale = await sell('MAN0');
    await screen(page, 'presentCard');
    const at = () => page.evaluate(() => document.activeElement?.dataset.act ?? '');
    // Past the navigation, however long it is.
    await page.getByRole('link', { name: 'To the content' }).focus();
    await page.keyboard.press('Enter');
    for (let presses = 0; presses < 40 && await at() !== 'insert'; presses += 1) await page.keyboard.press('Tab');
    assert.equal(await at(), 'insert');
    await page.keyboard.press('Enter');
    await screen(page, 'enterPin');
    await page.keyboard.type('12345');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await screen(page, 'removeCard');
    for (let presses = 0; presses < 10 && await at() !== 'remove-card'; presses += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await screen(page, 'approved');
    assert.equal((await story(sale)).intent, 'Captured');
    await clear(page);
  });
});

test('the machines are listed with what they do', async () => {
  for (const viewport of [WIDE, PHONE]) {
    for (const colorScheme of ['light', 'dark']) {
      await visit(browser, server.origin, viewport, async (page) => {
        await page.goto(`${server.origin}/card-machines`);
        await page.locator('#machines li').nth(terminals.length - 1).waitFor();
        assert.match(await page.locator('#machines').innerText(), /You drive it/);
        await seen(page, `machines-${colorScheme}`);
        await page.getByRole('link', { name: tid('MAN0') }).click();
        await screen(page, 'idle');
      }, { session: server, colorScheme });
    }
  }
});

test('amounts that are typed and tips that are worked out are exact', async () => {
  await open('MAN0', WIDE, async (page) => {
    const words = (use, values) => page.evaluate(async ([name, list]) => {
      const script = document.querySelector('script[type="module"]').src;
      const module = await import(new URL('words.js', script));
      return list.map((value) => module[name](...value) ?? null);
    }, [use, values]);
    const typed = ['10', '10.5', '£0.29', ' 1234.56 ', '0', '0.00', '1.234', '-1', '1,50', 'ten', ''];
    assert.deepEqual(
      await words('pence', typed.map((text) => [text])),
      [1000, 1050, 29, 123456, null, null, null, null, null, null, null],
    );
    assert.deepEqual(await words('thousandths', [[1000, 125], [999, 100], [4, 125], [1, 100]]), [125, 100, 1, 0]);
  });
});

test('the till on the page refunds without a sale, and holds money', async () => {
  await open('MAN0', WIDE, async (page) => {
    const status = (text) => page.locator('[data-fact="Status"]').filter({ hasText: text }).waitFor();
    await page.locator('#till-kind').selectOption('refund');
    await page.locator('#till-send').click();
    await screen(page, 'refundPresentCard');
    await present(page, 'tap');
    await screen(page, 'refunded');
    await look(page, 'machine-refunded');
    await status('Captured');
    await clear(page);

    await page.locator('#till-kind').selectOption('hold');
    await page.locator('#till-send').click();
    await screen(page, 'presentCard');
    await present(page, 'insert', 'visa-signature');
    await screen(page, 'signature');
    assert.equal(await page.locator('#machine').getAttribute('data-card'), 'inserted');
    await page.getByRole('button', { name: 'Accept' }).click();
    await screen(page, 'removeCard');
    await page.locator('#presenting [data-act="remove-card"]').click();
    await screen(page, 'approved');
    await status('Authorized');
    await clear(page);
  });
});
