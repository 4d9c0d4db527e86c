// The calls the pages make, in the name of the user who is signed in.

const MACHINES = '/sandbox/card-machines';
const VERSION = '2026-02-27';
const { calls, csrf } = document.querySelector('[data-calls]').dataset;
const SIGNED_OUT = 'You are not signed in any more. Load the page again.';

/** The program said no, in the sentence to show. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export async function call(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(calls + path, {
      method,
      headers: { accept: 'application/json', csrf, ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Refused('The program cannot be reached. Is it still running?', 0);
  }
  if (response.redirected) throw new Refused(SIGNED_OUT, 401);
  const text = await response.text();
  const answer = parsed(text);
  if (response.ok) return answer;
  if (response.status === 401) throw new Refused(SIGNED_OUT, 401);
  if (response.status === 403) throw new Refused(sentence(answer) ?? 'Your role does not allow this.', 403);
  throw new Refused(sentence(answer) ?? `The program answered with ${response.status}.`, response.status);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sentence(problem) {
  const rules = Object.values(problem?.errors ?? {}).flat().filter((rule) => typeof rule === 'string');
  return rules.length ? rules.join(' ') : problem?.detail ?? problem?.title;
}

const of = (tid) => `${MACHINES}/${encodeURIComponent(tid)}`;

export const machines = () => call('GET', MACHINES);
export const machine = (tid) => call('GET', of(tid));
export const wallet = () => call('GET', `${MACHINES}/wallet`);
export const act = (tid, action, body = {}) => call('POST', `${of(tid)}/${action}`, body);
export const openIntegration = (tid, body) => call('POST', `${of(tid)}/integration`, body);
export const closeIntegration = (tid) => call('DELETE', `${of(tid)}/integration`);
export const orders = (tid, after) => call('GET', `${of(tid)}/orders${after ? `?after=${encodeURIComponent(after)}` : ''}`);
export const selectOrder = (tid, orderId) => call('POST', `${of(tid)}/select-order`, { orderId });
export const printBill = (tid) => call('POST', `${of(tid)}/print-bill`, {});
export const payOrder = (tid, part) => call('POST', `${of(tid)}/pay-order`, part);
export const leaveOrder = (tid) => call('POST', `${of(tid)}/leave-order`, {});
export const setNext = (tid, outcome) => call('PUT', `${of(tid)}/next-outcome`, outcome);
export const clearNext = (tid) => call('DELETE', `${of(tid)}/next-outcome`);
export const setPace = (pace) => call('PUT', `${MACHINES}/pace`, { pace });

/** What a till sends: the published API, as any point of sale speaks it. */
export function till(method, path, body) {
  return call(method, path, body, {
    version: VERSION,
    'software-house-id': 'softwareHouse1',
    idempotencyKey: crypto.randomUUID(),
  });
}

/** Follows a machine: each state of it, and whether the line to it is up. */
export function watch(tid, { changed, up }) {
  const source = new EventSource(`${calls}${of(tid)}/live`);
  source.onmessage = ({ data }) => {
    up(true);
    changed(JSON.parse(data));
  };
  source.onopen = () => up(true);
  source.onerror = () => {
    up(false);
    // Closed for good after an error answer: the browser leaves the retry to us.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => watch(tid, { changed, up }), 2000);
    }
  };
}
