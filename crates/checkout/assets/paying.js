// A payment of a component: from what is submitted to its outcome.

import { askInFrame } from './challenge.js';
import { answered, complete, concluded } from './payments.js';
import { WORDS } from './words.js';

const SETTLED = [0, 4, 5, 20, 30];
const PROCESSING = 40;
const LEFT = 90;
const UNKNOWN = {
  statusCode: 500, message: 'The payment service did not answer. The payment may have been made: ask the API for its status.',
};

/** The answer to a call, once what it says is known. */
async function known(secret, ask, say) {
  const answer = await answered(secret, async () => {
    const now = await ask();
    if ([429, 503].includes(now.statusCode)) throw new Error('not now');
    return now;
  }, () => say(WORDS.resumes));
  return answer.statusCode === PROCESSING ? concluded(secret, answer) : answer;
}

async function challenge(secret, answer, { say, onChallenge }) {
  const dialog = document.getElementById('challenge');
  let left = false;
  const leave = () => { left = true; };
  dialog.addEventListener('cancel', leave);
  document.getElementById('challenge-close').addEventListener('click', leave);
  say(WORDS.ask);
  onChallenge(true);
  const proof = await askInFrame(answer);
  onChallenge(false);
  say(WORDS.doing);
  const outcome = await known(secret, () => complete(secret, answer.md, proof), say);
  return left && outcome.statusCode === 5 ? { ...outcome, statusCode: LEFT } : outcome;
}

async function follow(secret, ask, page) {
  const answer = await known(secret, ask, page.say);
  return answer.statusCode === 3 ? challenge(secret, answer, page) : answer;
}

/** Submits with `ask` and follows to the end. Fulfilled with a transaction's result,
    or rejected with why there is none. */
export async function settle(secret, ask, page) {
  page.say(WORDS.doing);
  const outcome = await follow(secret, ask, page).catch(() => UNKNOWN).finally(() => page.say(''));
  const { statusCode, authCode, message, errors } = outcome;
  if (statusCode === 0) return { statusCode, authCode, message };
  if (SETTLED.includes(statusCode)) return { statusCode, message };
  throw { statusCode, message, errors };
}
