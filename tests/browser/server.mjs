// The program under test: started on a free port and a new data folder, spoken
// to with the key of the published samples.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const KEY = 'sk_sandbox_c8oLGaI__msxsXbpBDpdtwJEz_eIhfQoKHmedqgZPCdBx59zpKZLSk8OPLT0cZolbeuYJSBvzDVVsYvtpo5RkQ';
const ROOT = new URL('../../', import.meta.url).pathname;
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
const BINARY = process.env.TATAMI_BIN ?? join(TARGET, 'debug', 'tatami');

export const SCREENSHOTS = process.env.TATAMI_SCREENSHOTS ?? join(ROOT, 'target', 'screenshots');

/** The PostgreSQL server that the tests are to run on, if they are. */
export const POSTGRES = process.env.TATAMI_BROWSER_POSTGRES;

/** A new database of that server, as options of the program. */
export function database() {
  if (!POSTGRES) return [];
  const name = `browser_${crypto.randomUUID().replaceAll('-', '')}`;
  execFileSync('createdb', ['--maintenance-db', `${POSTGRES}/postgres`, '--template', 'template0', name]);
  return ['--database', `${POSTGRES}/${name}`];
}

export async function start(...flags) {
  const data = mkdtempSync(join(tmpdir(), 'tatami-browser-'));
  const child = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0', '--data', data, ...(flags.includes('--database') ? [] : database()), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Whatever happens to the tests, the program does not outlive them.
  const end = () => {
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  };
  process.once('exit', end);
  const lines = createInterface({ input: child.stdout });
  // From the start: lines that arrive in one piece are emitted at once.
  const said = [];
  lines.on('line', (line) => said.push(line));
  const first = await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
  });
  const origin = first.replace('listening on ', '').trim();
  /** What the program says when it starts, as soon as it has said it. */
  async function announced(pattern) {
    for (;;) {
      const found = said.join('\n').match(pattern);
      if (found) return found[1];
      await new Promise((resolve) => lines.once('line', resolve));
    }
  }

  async function call(method, path, body, house = 'softwareHouse1') {
    const response = await fetch(origin + path, {
      method,
      headers: {
        authorization: `Basic ${KEY}`,
        version: '2026-02-27',
        'content-type': 'application/json',
        idempotencyKey: crypto.randomUUID(),
        'software-house-id': house,
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text && JSON.parse(text);
  }

  return {
    origin,
    /** Creates a payment intent of £10.00 with these changes. */
    create: (changes = {}) => call('POST', '/payment-intents', {
      amount: { value: 1000, currencyCode: 'GBP' },
      reference: 'Order-0001',
      ...changes,
    }),
    /** A new client session secret for a payment intent. */
    renew: async (id) => (await call('POST', `/payment-intents/${id}/refresh-client-session-secret`)).clientSessionSecret,
    /** Pays with a card that is typed in, as an app does. */
    async pay(id, number, changes = {}) {
      const path = `/connect-e/api/payments/${await this.renew(id)}`;
      const card = { cardNumber: number, cardName: 'Ada', expiryDate: '12 / 39', cV2: '020' };
      return (await call('POST', path, { ...card, ...changes })).statusCode;
    },
    createCustomer: (details) => call('POST', '/customers', details),
    createSecret: (customer) => call('POST', `/customers/${customer}/create-secret`),
    /** Creates a setup intent with these changes. */
    setUp: (changes = {}) => call('POST', '/setup-intents', {
      reference: 'Table 4',
      merchantInitiatedTransactionType: 'NoShow',
      terms: 'If you do not come and do not tell us a day before, we charge your card £10.00.',
      intendedAmount: { value: 1000, currencyCode: 'GBP' },
      ...changes,
    }),
    setup: (id) => call('GET', `/setup-intents/${id}`),
    cancelSetup: (id) => call('DELETE', `/setup-intents/${id}`),
    charge: (id) => call('POST', `/payment-intents/${id}/charge`),
    intent: (id) => call('GET', `/payment-intents/${id}?returnCanceled=true`),
    cancel: (id) => call('DELETE', `/payment-intents/${id}`),
    sendReceipt: (id, email) => call('POST', `/payment-intents/${id}/receipt`, { emails: [email] }),
    refund: (id, amount) => call('POST', `/payment-intents/${id}/refunds`, { amount }),
    reverse: (id) => call('POST', `/payment-intents/${id}/reversal`),
    /** The account's card machines, or those of a status. */
    terminals: (status) => call('GET', status ? `/terminals?statuses=${status}` : '/terminals'),
    /** Sends a payment intent to a card machine. */
    sell: (terminalId, paymentIntentId) => call('POST', '/terminal-sessions', {
      terminalId,
      details: { sessionType: 'Sale', sale: { paymentIntentId } },
    }),
    session: (id) => call('GET', `/terminal-sessions/${id}`),
    sign: (id, accepted) => call('PUT', `/terminal-sessions/${id}/signature`, { accepted }),
    machines: () => call('GET', '/sandbox/card-machines'),
    machine: (tid) => call('GET', `/sandbox/card-machines/${tid}`),
    press: (tid, action, body = {}) => call('POST', `/sandbox/card-machines/${tid}/${action}`, body),
    /** The QR codes of the tables of the POS. */
    qrCodes: () => call('GET', '/sandbox/qr-codes'),
    /** How fast card machines play: `readable` or `immediate`. */
    pace: (pace) => call('PUT', '/sandbox/card-machines/pace', { pace }),
    changeAmount: (id, amount) => call('POST', `/payment-intents/${id}/amount`, { amount }),
    brand: (branding) => call('PUT', '/sandbox/branding', branding),
    unbrand: () => call('DELETE', '/sandbox/branding'),
    mails: () => call('GET', '/sandbox/mailbox'),
    clock: () => call('GET', '/sandbox/clock'),
    /** What the sandbox's acquirer has booked. */
    books: () => call('GET', '/sandbox/acquirer/books'),
    search: () => call('POST', '/payment-intents/search', {}),
    /** Starts a flow of the tester tool. */
    test: (flow, params) => call('POST', '/epos-tester-tool/flows', { flow, params }, 'demo-pos'),
    flow: (id) => call('GET', `/epos-tester-tool/flows/${id}`),
    /** The URL of the demo POS, once it is registered. */
    demoPos: async () => {
      const registered = () => call('GET', '/epos/integrations/ws', undefined, 'demo-pos');
      while (!(await registered()).length) await pause(50);
      return announced(/Demo POS +(http\S+)/);
    },
    advance: (by) => call('POST', '/sandbox/clock/advance', { by }),
    link: (id) => `${origin}/checkout/${id}`,
    /** The link that signs the developer in. */
    portal: () => announced(/Portal +(http\S+)/),
    key: KEY,
    stop() {
      process.removeListener('exit', end);
      end();
    },
  };
}

/** The demo POS beside a server, registered and connected. */
export async function demoPos({ origin, key }, ...flags) {
  const child = spawn(BINARY, ['demo-pos', '--listen', '127.0.0.1:0', '--platform', origin, '--key', key, '--transport', 'rest', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => line.startsWith('listening on ') && resolve(line.replace('listening on ', '').trim()));
    child.once('exit', (code) => reject(new Error(`the POS ended with ${code}`)));
  });
  return {
    url,
    /** The first order of that name, as the POS has it now. */
    async order(name) {
      const response = await fetch(`${url}/v1/orders/search`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('dojo:demo')}`, 'content-type': 'application/json' },
        body: '{}',
      });
      const { data } = [await response.json()].flat()[0];
      return data.find(({ displayName }) => displayName === name);
    },
    stop() {
      process.removeListener('exit', end);
      end();
    },
  };
}
