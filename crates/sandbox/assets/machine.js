// A card machine: shows what it shows, and does what is pressed.

import * as api from './api.js';
import * as controls from './controls.js';
import { allow, byId, isAllowed, tell } from './dom.js';
import { expiryOf, expiryText, typeExpiry } from './expiry.js';
import * as integration from './integration.js';
import * as orderScreens from './integration-screens.js';
import * as keys from './keys.js';
import * as receipts from './receipts.js';
import * as screens from './screen.js';
import * as till from './till.js';
import * as wallet from './wallet.js';

const { tid } = document.querySelector('[data-tid]').dataset;
const MOST_DIGITS = 12;
const LEAST_DIGITS = 4;

let machine;
/** What was typed on the machine and not sent yet. */
let local = { pin: '', tip: '', keying: false };
let drawn;
let heard = 0; // How many states of the machine came by themselves.
/** Calls that are on their way, with the state of the machine that each was meant for: an
    answer may come later than the state that it led to, and the same key counts again then. */
const under = new Map();

const can = (action) => machine.actions.includes(action);
const isKeying = () => can('key-in') && (local.keying || machine.screen.name === 'keyIn');

/** Takes a state of the machine, unless a newer one was here already. */
function take(state) {
  if (state?.tid !== tid || (machine && state.changes < machine.changes)) return;
  if (!machine || machine.changes !== state.changes) {
    const stays = machine?.screen.name === state.screen.name && state.screen.name !== 'wrongPin';
    if (!stays) local = { pin: '', tip: '', keying: false };
    tell(byId('refusal'), '');
  }
  wallet.play(machine, state);
  machine = state;
  integration.follow(machine);
  show();
}

function show() {
  byId('machine').hidden = false;
  byId('side').hidden = false;
  byId('machine').dataset.screen = machine.power ? machine.screen.name : 'off';
  byId('about').textContent = machine.script
    ? `Runs on its own: ${machine.script.description}.`
    : 'Does nothing on its own: present a card or press its keys.';
  byId('bar').replaceChildren(...screens.bar(machine));
  drawScreen();
  for (const key of byId('keys').children) allow(key, means(key.dataset.key));
  wallet.offer(machine);
  wallet.rest(machine);
  if (machine.power) receipts.show(machine); // It prints when it is back.
  controls.show(machine);
  till.follow(machine);
  document.title = `${machine.power ? machine.screen.title : 'Off'} – card machine ${tid}`;
}

function drawScreen() {
  const { screen, actions, power, line } = machine;
  const keying = isKeying();
  const ordering = integration.isShown(machine);
  const chosen = integration.state();
  const scene = JSON.stringify([
    screen, actions, power, line, keying, machine.integration, ordering && chosen, ...keying ? [] : [local.pin.length, local.tip],
  ]);
  if (scene === drawn) return;
  drawn = scene;
  const place = byId('screen');
  const before = focusedIn(place);
  place.replaceChildren(...ordering ? orderScreens.draw(machine, chosen, integration) : screens.draw(machine, local));
  if (keying) byId('keyed-number').focus({ preventScroll: true });
  else if (before !== undefined) focusOn((before && place.querySelector(before)) ?? place);
  const words = ordering ? orderScreens.spoken(machine, chosen) : screens.spoken(machine);
  if (byId('announcement').textContent !== words) byId('announcement').textContent = words;
}

/** What finds the control on the screen that has the focus, once the screen is drawn anew. */
function focusedIn(place) {
  const { activeElement: focused } = document;
  if (!place.contains(focused) || focused === place) return undefined;
  if (focused.id) return `#${focused.id}`;
  const names = ['act', 'step', 'value'].filter((name) => focused.dataset[name] !== undefined);
  return names.map((name) => `[data-${name}="${CSS.escape(focused.dataset[name])}"]`).join('');
}

function focusOn(control) {
  control.focus({ preventScroll: true });
  if (control.matches('input')) control.setSelectionRange(control.value.length, control.value.length);
}

/** Whether a key does something now. */
function means(key) {
  if (integration.isShown(machine) || key === 'integration') return integration.means(key);
  switch (key) {
    case 'cancel': return can('cancel') || can('leave-menu') || local.keying;
    case 'ok': return can('ok') || can('pin') || isKeying() || (can('tip') && local.tip !== '');
    case 'menu': return can('menu') || can('leave-menu');
    case 'power': return can('power-off') || can('power-on');
    case 'clear': return can('pin') || can('tip') || isKeying();
    default: return can('pin') || can('tip') || isKeying();
  }
}

function press(key) {
  if (!machine || !means(key)) return;
  const isOwn = key === 'menu' || key === 'power';
  if (key === 'integration' || (integration.isShown(machine) && !isOwn)) {
    integration.press(key);
    return;
  }
  switch (key) {
    case 'cancel': cancel(); break;
    case 'ok': accept(); break;
    case 'menu': act(can('menu') ? 'menu' : 'leave-menu'); break;
    case 'power': act(can('power-off') ? 'power-off' : 'power-on'); break;
    default: type(key);
  }
}

function cancel() {
  if (can('cancel')) act('cancel');
  else if (can('leave-menu')) act('leave-menu');
  else stopKeying();
}

function stopKeying() {
  local.keying = false;
  byId('screen').focus({ preventScroll: true });
  show();
}

function type(key) {
  if (isKeying()) typeInto(key);
  else if (can('pin')) local.pin = edited(local.pin, key, MOST_DIGITS);
  else local.tip = edited(local.tip, key, 6).replace(/^0+/, '');
  show();
}

const edited = (text, key, most) => (key === 'clear' ? text.slice(0, -1) : `${text}${key}`.slice(0, most));

/** Types on the machine's keys into the field that was typed into last. */
function typeInto(key) {
  const field = byId(`keyed-${local.field ?? 'number'}`);
  const text = edited(field.value, key, field.maxLength);
  field.value = field.name === 'expiry' ? expiryText(text, key === 'clear') : text;
}

function accept() {
  if (isKeying()) nextField();
  else if (can('pin')) enterPin();
  else if (can('tip') && local.tip !== '') act('tip', { amount: Number(local.tip) });
  else act('ok');
}

function enterPin() {
  if (local.pin.length < LEAST_DIGITS) {
    refuse(`A PIN has at least ${LEAST_DIGITS} digits.`);
    return;
  }
  const digits = local.pin;
  local.pin = '';
  act('pin', { digits });
}

function nextField() {
  const fields = ['number', 'expiry', 'cv2'];
  const next = fields[fields.indexOf(local.field ?? 'number') + 1];
  if (next) byId(`keyed-${next}`).focus({ preventScroll: true });
  else sendKeyed();
}

function sendKeyed() {
  const digits = (name) => byId(`keyed-${name}`).value.replace(/\D/g, '');
  const expiry = expiryOf(byId('keyed-expiry').value);
  const wrong = digits('number').length < 12 ? ['number', 'Type the whole card number.']
    : !expiry ? ['expiry', 'Type the expiry date as month and year.']
      : !/^\d{3,4}$/.test(digits('cv2')) ? ['cv2', 'Type the three or four digits of the security code.'] : undefined;
  tell(byId('keyed-error'), wrong?.[1]);
  for (const name of ['number', 'expiry', 'cv2']) byId(`keyed-${name}`).setAttribute('aria-invalid', String(wrong?.[0] === name));
  if (wrong) {
    byId(`keyed-${wrong[0]}`).focus({ preventScroll: true });
    return;
  }
  act('key-in', { number: digits('number'), expiry: `${expiry.month}/${expiry.year}`, cv2: digits('cv2') });
}

/** Does something with the machine, once at a time. */
async function act(action, body = {}) {
  wallet.move(action);
  if (await go(action, () => api.act(tid, action, body)) && action === 'sign') receipts.sign();
}

/** Makes a call that answers with the machine. Whether it was carried out. */
async function go(name, call) {
  const meant = machine;
  if (under.get(name) === meant) return false;
  under.set(name, meant);
  tell(byId('refusal'), '');
  try {
    let state;
    let before;
    // What was told meanwhile may be newer than the answer.
    do {
      before = heard;
      state = state ? await api.machine(tid) : await call();
    } while (heard !== before);
    take(state);
    return true;
  } catch (error) {
    wallet.rest(machine);
    refuse(error.message);
    return false;
  } finally {
    if (under.get(name) === meant) under.delete(name);
  }
}

function refuse(sentence) {
  tell(byId('refusal'), sentence);
}

function present(action) {
  const card = wallet.chosen();
  byId('screen').scrollIntoView({ block: 'nearest' });
  act(action, action === 'remove-card' ? {} : { card: card?.card });
}

function onScreen({ target }) {
  const button = target.closest('[data-act]');
  if (!button) return;
  if (button.dataset.act === 'start-keying') {
    local.keying = true;
    show();
  } else {
    act(button.dataset.act, JSON.parse(button.dataset.body ?? '{}'));
  }
}

async function start() {
  keys.listen(press);
  byId('screen').addEventListener('click', onScreen);
  byId('screen').addEventListener('submit', (event) => {
    event.preventDefault();
    sendKeyed();
  });
  byId('screen').addEventListener('input', (event) => {
    if (event.target.name === 'expiry') typeExpiry(event);
  });
  byId('screen').addEventListener('focusin', ({ target }) => {
    if (target.matches('.keyed input')) local.field = target.name;
  });
  byId('presenting').addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (button && isAllowed(button)) present(button.dataset.act);
  });
  byId('wallet').addEventListener('change', () => machine && wallet.offer(machine));
  integration.start({ tid, go, redraw: show, refuse });
  controls.start({ tid, act, take, refuse });
  receipts.start();
  till.start();
  try {
    const [cards, state] = await Promise.all([api.wallet(), api.machine(tid)]);
    wallet.fill(cards);
    take(state);
  } catch (error) {
    byId('about').textContent = 'The machine cannot be shown.';
    tell(byId('trouble'), error.message);
    return;
  }
  const lost = 'The connection to the program is lost. Trying again…';
  const changed = (state) => {
    heard += 1;
    take(state);
  };
  api.watch(tid, { changed, up: (isUp) => tell(byId('trouble'), isUp ? '' : lost) });
}

start();
