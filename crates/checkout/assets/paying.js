// A payment of a component: from what is submitted to its outcome. A secret pays
// once, so what was not answered may be sent again.

import { askInFrame } from './challenge.js';
import { complete, outcome, untilAnswered } from './payments.js';
import { WORDS } from './words.js';

const PATIENCE_MS = 120000;
const SETTLED = [0, 4, 5, 20, 30];
const LEFT = 90;
const UNKNOWN = {
  statusCode: 500, message: 'The payment service did not answer. The payment may have been made: ask the API for its status.',
};

/** Asks until there is an answer. If the first was lost, one that says that nothing
    (more) can be done tells nothing: then what came of it is asked for. */
async function answered(secret, ask, say) {
  let sent = 0;
  const answer = await untilAnswered(async () => {
    sent += 1;
    if (sent > 1) say(WORDS.lost);
    const now = await ask();
    if ([429, 503].includes(now.statusCode)) throw new Error('not now');
    return now;
  }, PATIENCE_MS);
  const isOpen = answer.statusCode === 40 || (sent > 1 && [400, 401].includes(answer.statusCode));
  if (!isOpen) return answer;
  const told = await untilAnswered(() => outcome(secret), PATIENCE_MS);
  return told.statusCode === 401 ? UNKNOWN : told;
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
  const told = await answered(secret, () => complete(secret, answer.md, proof), say);
  return left && told.statusCode === 5 ? { ...told, statusCode: LEFT } : told;
}

async function follow(secret, ask, page) {
  const answer = await answered(secret, ask, page.say);
  return answer.statusCode === 3 ? challenge(secret, answer, page) : answer;
}

/** Submits with `ask` and follows to the end. Fulfilled with a transaction's result,
    or rejected with why there is none. */
export async function settle(secret, ask, page) {
  page.say(WORDS.doing);
  const told = await follow(secret, ask, page).catch(() => UNKNOWN).finally(() => page.say(''));
  const { statusCode, authCode, message, errors } = told;
  if (statusCode === 0) return { statusCode, authCode, message };
  if (SETTLED.includes(statusCode)) return { statusCode, message };
  throw { statusCode, message, errors };
}
