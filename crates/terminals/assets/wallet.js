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

const MOVES = { tap: 'tapping', 'tap-device': 'tapping', swipe: 'swiping' };
let moving;

/** Moves a card to the machine, by what was done with it. */
export function move(action) {
  const stage = byId('machine');
  if (!MOVES[action]) return;
  draw(chosen(), action === 'tap-device');
  stage.dataset.card = MOVES[action];
  clearTimeout(moving);
  moving = setTimeout(() => {
    moving = undefined;
    stage.dataset.card = 'none';
  }, 1100);
}

/** Shows the card in the slot, as long as it is there. */
export function rest(machine) {
  const stage = byId('machine');
  const inserted = machine.card ? machine.card.entry === 'inserted' : machine.actions.includes('remove-card');
  if (inserted) {
    clearTimeout(moving);
    moving = undefined;
    draw(machine.card ?? chosen());
    stage.dataset.card = 'inserted';
  } else if (!moving) {
    stage.dataset.card = 'none';
  }
}

function draw(card, asPhone = false) {
  const plastic = byId('plastic');
  plastic.className = asPhone ? 'plastic phone' : `plastic ${String(card?.scheme ?? '').toLowerCase()}`;
  plastic.replaceChildren(
    make('span', { class: 'gold' }, icon('chip')),
    make('span', { class: 'label' }, card?.scheme ? scheme(card.scheme) : ''),
    make('span', { class: 'mono' }, card?.masked ? short(card.masked) : ''));
}
