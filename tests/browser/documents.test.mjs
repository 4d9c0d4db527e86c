// The documents that the program serves: each is what its format's own schema allows, so
// that tools which know the format read it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Validator } from '@seriousme/openapi-schema-validator';
import specs from '@asyncapi/specs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

import { start } from './server.mjs';

let server;
let links;
before(async () => {
  server = await start();
  const index = await (await fetch(`${server.origin}/docs/api`)).text();
  links = [...index.matchAll(/href="(\/docs\/(?:openapi|asyncapi)\/[^"]+)"/g)].map(([, link]) => link);
});
after(() => server?.stop());

const document = async (link) => (await fetch(server.origin + link)).json();

test('every OpenAPI document is one', async () => {
  const all = links.filter((link) => link.includes('/openapi/'));
  assert.ok(all.length >= 10, `${all.length} documents`);
  for (const link of all) {
    const { valid, errors } = await new Validator().validate(await document(link));
    assert.ok(valid, `${link}: ${JSON.stringify(errors)}`);
  }
});

test('every AsyncAPI document is one', async () => {
  const all = links.filter((link) => link.includes('/asyncapi/'));
  assert.ok(all.length >= 2, `${all.length} documents`);
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  const schema = structuredClone(specs.schemasWithoutId['3.0.0']);
  const validate = ajv.compile(schema);
  for (const link of all) {
    const found = await document(link);
    assert.equal(found.asyncapi, '3.0.0', link);
    assert.ok(validate(found), `${link}: ${JSON.stringify(validate.errors?.slice(0, 5))}`);
  }
});
