// A small shop: one thing to buy, three ways to pay for it, and webhooks that are checked.
// Node.js alone, nothing to install:
//   TATAMI_URL=http://127.0.0.1:8080 PORT=3000 node examples/shop/server.mjs

import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const API = process.env.TATAMI_URL ?? 'http://127.0.0.1:8080';
const KEY = process.env.TATAMI_KEY ?? 'sk_sandbox_c8oLGaI__msxsXbpBDpdtwJEz_eIhfQoKHmedqgZPCdBx59zpKZLSk8OPLT0cZolbeuYJSBvzDVVsYvtpo5RkQ';
const PAGES = new URL('./pages/', import.meta.url);
const POLICY = `default-src 'none'; style-src 'self'; connect-src 'self'; script-src 'self' ${API}; frame-src ${API}`;
const orders = new Map(); // What was paid, by payment intent. A real shop has a database.
let webhookSecret;

async function api(method, path, body) {
  const headers = { authorization: `Basic ${KEY}`, version: '2026-02-27', 'content-type': 'application/json', idempotencyKey: randomUUID() };
  const response = await fetch(API + path, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer?.detail}`);
  return answer;
}

/** Orders two cups: how they are paid is up to the page that asks. */
async function order(origin) {
  const { id, paymentLink } = await api('POST', '/payment-intents', {
    amount: { value: 1000, currencyCode: 'GBP' }, reference: 'Two cups', paymentMethods: ['Card', 'Wallet'],
    config: { title: 'Corner Shop', redirectUrl: `${origin}/done`, cancelUrl: `${origin}/` },
  });
  orders.set(id, 'Created');
  return { id, paymentLink };
}

/** A secret pays once: each try gets a new one. */
const secretOf = async (id) => (await api('POST', `/payment-intents/${id}/refresh-client-session-secret`)).clientSessionSecret;

/** Whether the body was signed with our secret: `sha256=` and hexadecimal pairs. */
function isSigned(body, signature = '') {
  const sent = Buffer.from(signature.replace(/^sha256=/, '').replaceAll('-', ''), 'hex');
  const right = createHmac('sha256', webhookSecret).update(body).digest();
  return sent.length === right.length && timingSafeEqual(sent, right);
}

async function webhook(request, body) {
  if (!isSigned(body, request.headers['dojo-signature'])) return [401];
  const { data } = JSON.parse(body);
  if (orders.has(data.paymentIntentId)) orders.set(data.paymentIntentId, data.paymentStatus);
  return [204];
}

const json = (value) => [200, JSON.stringify(value), 'application/json'];
const file = (name, type) => [200, readFileSync(new URL(name, PAGES), 'utf8').replaceAll('{api}', API), type];

async function answer(request, url, body) {
  const origin = `http://${request.headers.host}`;
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /': case 'GET /card': case 'GET /wallet': case 'GET /done':
      return file(`${url.pathname.slice(1) || 'index'}.html`, 'text/html; charset=utf-8');
    case 'GET /shop.css': return file('shop.css', 'text/css');
    case 'GET /card.js': case 'GET /wallet.js': case 'GET /done.js': return file(url.pathname.slice(1), 'text/javascript');
    case 'POST /orders': return json(await order(origin));
    case 'POST /secret': return json({ secret: await secretOf(url.searchParams.get('id')) });
    case 'GET /order': return json({ status: orders.get(url.searchParams.get('id')) ?? 'Unknown' });
    case 'POST /checkout': return [303, '', 'text/plain', (await order(origin)).paymentLink];
    case 'POST /webhook': return webhook(request, body);
    default: return [404, 'There is no such page.', 'text/plain'];
  }
}

createServer(async (request, response) => {
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const [status, content = '', type = 'text/plain', location] = await answer(request, new URL(request.url, 'http://shop'), Buffer.concat(chunks));
    response.writeHead(status, { 'content-type': type, 'content-security-policy': POLICY, ...(location && { location }) }).end(content);
  } catch (error) {
    console.error(error.message);
    response.writeHead(500).end('Something went wrong.');
  }
}).listen(Number(process.env.PORT ?? 3000), '127.0.0.1', async function listening() {
  const origin = `http://127.0.0.1:${this.address().port}`;
  const events = ['payment_intent.status_updated'];
  const before = await api('GET', '/webhooks');
  for (const { id } of before.filter((webhook) => events.some((event) => webhook.events.includes(event)))) await api('DELETE', `/webhooks/${id}`);
  const { secrets } = await api('POST', '/webhooks', { events, url: `${origin}/webhook` });
  webhookSecret = secrets.find(({ isActive }) => isActive).value;
  console.log(`shop at ${origin}`);
});
