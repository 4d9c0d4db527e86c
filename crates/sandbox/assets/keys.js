// The machine's keys: its own buttons, and a keyboard's keys that stand for them.

import { byId, isAllowed } from './dom.js';

const KEYBOARD = { Enter: 'ok', Backspace: 'clear', Escape: 'cancel' };

/** Calls `pressed` with a digit, `clear`, `ok`, `cancel`, `menu` or `power`. */
export function listen(pressed) {
  byId('keys').addEventListener('click', ({ target }) => {
    const key = target.closest('.key');
    if (key) pressed(key.dataset.key);
  });
  document.addEventListener('keydown', (event) => {
    const key = /^\d$/.test(event.key) ? event.key : KEYBOARD[event.key];
    if (!key || event.ctrlKey || event.altKey || event.metaKey || belongsElsewhere(event)) return;
    const button = byId('keys').querySelector(`[data-key="${key}"]`);
    button.classList.add('down');
    setTimeout(() => button.classList.remove('down'), 120);
    event.preventDefault();
    pressed(key);
  });
}

/** Whether a key is for what has the focus: text that is typed, or a control
    that Enter operates. A key of the machine that was clicked keeps the focus
    without meaning to take Enter. */
function belongsElsewhere({ key, target }) {
  if (key === 'Escape') return false;
  if (target.closest('input:not([type="radio"], [type="checkbox"]), select, textarea')) return true;
  if (key !== 'Enter') return false;
  const control = target.closest('button, a, summary, input');
  if (!control || !isAllowed(control)) return false;
  return !control.matches('.key') || control.matches(':focus-visible');
}
