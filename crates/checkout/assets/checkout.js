// The payment page, and that of a card that is only kept: from the button to the
// shop.

import { askInFrame, leaveForBank, wantsOwnPage } from './challenge.js';
import { attendChoices } from './choose.js';
import { attend, body, check, place } from './fields.js';
import { comeBack, keep } from './link.js';
import { amountChanged, busy, lineLost, listFields, say, tell, untold } from './messages.js';
import { answered, complete, concluded, pay, prepare, untilAnswered } from './payments.js';
import { attendSaved } from './saved.js';
import { renew, secret, shown } from './session.js';
import { attendTesters } from './testers.js';
import { WORDS, goesTo } from './words.js';

const $ = (id) => document.getElementById(id);
const form = $('payment');
const button = $('pay');
const { id, returnUrl } = form.dataset;
/** Wallets, where one may pay. */
const wallets = $('wallet') ? import('./wallet-pay.js') : undefined;
let paying = false;

/** Gives the form back to the payer. */
function ready() {
  paying = false;
  busy(false);
  prepare(secret());
}

const leave = () => window.location.assign(goesTo(`/checkout/${id}/result`));

function done() {
  // An app's link may leave this page standing; the result page offers it again.
  const web = returnUrl && /^https?:/i.test(returnUrl);
  window.location.assign(web ? returnUrl : goesTo(`/checkout/${id}/result`));
}

function forgetCodes() {
  for (const code of [$('cv2'), $('saved-cv2')]) if (code) code.value = '';
}

/** While a call is sent again. */
const waitForLine = () => lineLost(WORDS.resumes);

/** Back to the form after a try that came to nothing. */
async function again(title, text) {
  const now = await renew();
  if (now === 'over') return leave();
  forgetCodes();
  ready();
  return now === 'changed' ? amountChanged(text) : tell(title, text);
}

/** Back to the form after what was begun here cannot be gone on with: the amount
    was changed, or another window went on. */
async function stopped(text) {
  const now = await renew();
  if (now === 'over') return leave();
  forgetCodes();
  ready();
  return now === 'changed' ? amountChanged() : tell(WORDS.failed, text);
}

/** A secret for the amount that the payer sees. If there is none, the page has
    gone another way. */
async function hasSecret() {
  const now = await renew();
  if (now === 'over') leave();
  if (now === 'changed') {
    ready();
    amountChanged();
  }
  return now === 'open';
}

async function challenge(answer) {
  if (wantsOwnPage()) {
    keep(id, shown());
    return leaveForBank(answer, id);
  }
  say(WORDS.ask);
  const proof = await askInFrame(answer);
  if (proof === undefined) return again(WORDS.failed, WORDS.left);
  say(WORDS.doing);
  const completed = await answered(secret(), () => complete(secret(), answer.md, proof), waitForLine);
  return [400, 401].includes(completed.statusCode) ? stopped(WORDS.overtaken) : follow(completed);
}

async function follow(answer) {
  switch (answer.statusCode) {
    case 0:
      return done();
    case 3:
      return challenge(answer);
    case 40:
      return leave();
    case 400: {
      const wrong = place(answer.errors ?? []);
      if (wrong.length === 0) return again(WORDS.failed, answer.message);
      ready();
      return listFields(wrong);
    }
    case 4: case 5: case 20: case 30: case 90: case 403: case 429: case 503:
      return again(WORDS.failed, answer.message ?? WORDS.broken);
    default:
      return again(WORDS.failed, WORDS.broken);
  }
}

/** Sends with a secret for what the payer sees; the answer, if there is one. */
async function submit(send) {
  const sent = () => answered(secret(), () => send(secret()), waitForLine);
  if (!secret() && !await hasSecret()) return undefined;
  const first = await sent();
  if (first.statusCode !== 401) return first;
  // A browser may send anew by itself what was not answered: then it was used here.
  const answer = await concluded(secret(), first).catch(() => first);
  if (answer !== first) return answer;
  // Its time is over, it was used in another window, or the amount changed:
  // nothing was tried with it.
  return await hasSecret() ? sent() : undefined;
}

async function payByCard() {
  busy(true);
  const answer = await submit((now) => pay(now, body()));
  return answer && follow(answer);
}

async function payByWallet() {
  const { askWallet, payWith } = await wallets;
  if (!secret() && !await hasSecret()) return undefined;
  const given = await askWallet().catch((refused) => ({ refused }));
  // As for a card: the secret's time is over, or the amount changed.
  if (given?.refused?.statusCode === 401) return await hasSecret() ? payByWallet() : undefined;
  if (!given || given.refused) {
    ready();
    $('wallet').focus();
    return given && tell(WORDS.failed, (given.refused.statusCode && given.refused.message) || WORDS.walletBroken);
  }
  busy(true);
  const answer = await submit((now) => payWith(now, given));
  // What is wrong is in the wallet, and not in a field of this page.
  return answer && follow({ ...answer, errors: undefined });
}

/** After a call that was not answered for long. Once there is a new secret, nothing more
    can come of what was sent with the old one. */
async function findOut(error) {
  if (error instanceof RangeError) {
    ready();
    return tell(WORDS.failed, WORDS.tooLarge);
  }
  lineLost(WORDS.lost);
  const now = await untilAnswered(renew);
  if (now === 'over') return leave();
  ready();
  return now === 'changed' ? amountChanged() : tell(WORDS.lineLost, WORDS.nothing);
}

/** Pays once, unless something in that part of the form is wrong. */
async function begin(part, way) {
  if (paying) return;
  untold();
  const wrong = part ? check(part) : [];
  if (wrong.length > 0) {
    listFields(wrong);
    return;
  }
  paying = true;
  await way().catch(findOut);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  begin(form, payByCard);
});

// A page brought back from history would hold a secret that was used.
window.addEventListener('pageshow', ({ persisted }) => { if (persisted) window.location.reload(); });

const { leaving, amount: seen } = comeBack(id);
if (!leaving) {
  attendChoices();
  attend(form);
  attendSaved(id);
  attendTesters();
  wallets?.then(({ attendWallet }) => attendWallet(() => begin($('choices'), payByWallet)));
  if (seen && seen.value !== shown()?.value) amountChanged();
  button.disabled = false;
  prepare(secret());
}
