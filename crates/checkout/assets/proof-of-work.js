// The proof that a card is only taken with: a worker computes for a moment. It begins as
// soon as a secret is known, so that it is there when the payer pays.

const PATIENCE_MS = 45000;
let last;

/** What the worker finds; nothing where the browser has none, which the server then says. */
function work(task) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('captcha-worker.js', import.meta.url));
    const end = (found) => {
      worker.terminate();
      resolve(found);
    };
    worker.onmessage = ({ data }) => end(data);
    worker.onerror = () => end([]);
    worker.postMessage(task);
  });
}

async function prove(secret) {
  const path = `/connect-e/api/payments/${encodeURIComponent(secret)}/captcha`;
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout?.(PATIENCE_MS) });
  if (!response.ok) throw new Error('no challenge');
  const task = await response.json();
  return [task.challenge, ...await work(task)].join('.');
}

/** The proof for a secret; a new one if `anew`. Rejected if there is no line. */
export function proofFor(secret, anew = false) {
  if (anew || last?.secret !== secret) {
    const proof = prove(secret);
    last = { secret, proof };
    // Asked for again, it is made again.
    proof.catch(() => { if (last?.proof === proof) last = undefined; });
  }
  return last.proof;
}
