// The wallet beside the machine, and the card on its way to it.

import { allow, byId, icon, make } from './dom.js';
import { scheme, short } from './words.js';

const FEATURES = { chip: 'chip', contactless: 'contactless', swipe: 'stripe', device: 'phone' };
/** What a card must have for a way to present it. */
const NEEDS = { insert: 'chip', tap: 'contactless', 'tap-device': 'device', swipe: 'swipe' };

let cards = [];

/** Fills the wallet. */
export function fill(wallet) {
  cards = wallet;
  byId('wallet').append(...wallet.map((card, at) => make('label', { class: `pick ${String(card.scheme).toLowerCase()}` },
    make('input', { type: 'radio', name: 'card', value: card.card, checked: at === 0 }),
    make('span', { class: 'face' },
      make('strong', {}, card.name),
      card.name.includes(scheme(card.scheme)) ? null : make('span', {}, scheme(card.scheme)),
      make('span', { class: 'mono' }, short(card.masked)),
      make('span', { class: 'says' }, card.says),
      make('span', { class: 'has' }, (card.features ?? []).map((feature) => FEATURES[feature] ?? feature).join(' · '))))));
}

/** The card that is chosen. */
export function chosen() {
  const picked = byId('wallet').querySelector('input:checked');
  return cards.find(({ card }) => card === picked?.value);
}

/** Allows the ways of presenting the chosen card that make sense now. */
export function offer({ actions }) {
  const features = chosen()?.features ?? [];
  for (const button of byId('presenting').querySelectorAll('button')) {
    const { act } = button.dataset;
    const need = NEEDS[act];
    allow(button, actions.includes(act) && (!need || features.includes(need)));
  }
}

const MOVES = { insert: 'inserted', tap: 'tapping', 'tap-device': 'tapping', swipe: 'swiping' };
/** Screens through which a card that was inserted stays where it is. */
const STAYS = ['pleaseWait', 'signature', 'noLine', 'off'];
let moving;

/** Moves a card to the machine, by what was done with it. */
export function move(action, card = chosen()) {
  if (!MOVES[action]) return;
  const stage = byId('machine');
  draw(card, action === 'tap-device');
  stage.dataset.card = MOVES[action];
  clearTimeout(moving);
  moving = action !== 'insert' && setTimeout(() => {
    moving = undefined;
    stage.dataset.card = 'none';
  }, 1100);
}

/** Moves the card that a machine takes by itself. */
export function play(before, { screen, script }) {
  const asked = ['presentCard', 'refundPresentCard'].includes(before?.screen.name);
  if (!asked || screen.name !== 'pleaseWait' || !script) return;
  const tap = script.verification === 'device' ? 'tap-device' : 'tap';
  move(script.entry === 'contactless' ? tap : 'insert', named(screen));
}

/** Shows the card in the slot, as long as it is there: from where it is
    inserted until it may be taken. */
export function rest({ screen, actions }) {
  const stage = byId('machine');
  const stays = stage.dataset.card === 'inserted' && STAYS.includes(screen.name);
  if (stays || actions.includes('pin') || actions.includes('remove-card')) {
    clearTimeout(moving);
    moving = undefined;
    if (screen.masked) draw(named(screen));
    stage.dataset.card = 'inserted';
  } else if (!moving) {
    stage.dataset.card = 'none';
  }
}

const named = (screen) => cards.find(({ masked }) => masked === screen.masked) ?? screen;

function draw(card, asPhone = false) {
  const plastic = byId('plastic');
  plastic.className = asPhone ? 'plastic phone' : `plastic ${String(card?.scheme ?? '').toLowerCase()}`;
  plastic.replaceChildren(
    make('span', { class: 'gold' }, icon(asPhone ? 'contactless' : 'chip')),
    make('span', { class: 'label' }, card?.scheme ? scheme(card.scheme) : ''),
    make('span', { class: 'mono' }, card?.masked ? short(card.masked) : ''));
}
