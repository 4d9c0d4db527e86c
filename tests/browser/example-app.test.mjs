// The example of an app's requests.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { start } from './server.mjs';

const SCRIPT = new URL('../../examples/app-requests/pay.sh', import.meta.url).pathname;

let server;
before(async () => { server = await start(); });
after(() => server?.stop());

test('pays with a card that the bank asks about', async () => {
  const { id } = await server.create();
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, id], { env: { ...process.env, TATAMI_URL: server.origin } });
  assert.equal(stdout, 'card: 3\nafter the bank: 0\n');
  assert.equal((await server.intent(id)).status, 'Captured');
});
