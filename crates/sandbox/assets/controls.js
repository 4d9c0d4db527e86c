// What is beside the machine: what it plays next, and what goes wrong with it.

import * as api from './api.js';
import { allow, byId, isAllowed } from './dom.js';

export function start({ tid, act, take, refuse }) {
  const toggle = (id, on, off) => byId(id).addEventListener('click', () => {
    const button = byId(id);
    if (isAllowed(button)) act(button.dataset.on === 'true' ? on : off);
  });
  toggle('line', 'lose-line', 'restore-line');
  toggle('battery', 'power-off', 'power-on');

  const attempt = async (call) => {
    try {
      take(await call());
    } catch (error) {
      refuse(error.message);
    }
  };
  byId('next').addEventListener('submit', (event) => {
    event.preventDefault();
    const value = (name) => byId(`next-${name}`).value;
    const next = {
      outcome: value('outcome'), entry: value('entry'), verification: value('verification'), tip: byId('next-tip').checked,
    };
    attempt(() => api.setNext(tid, next));
  });
  byId('next-clear').addEventListener('click', () => attempt(() => api.clearNext(tid)));
  byId('pace').addEventListener('change', ({ target }) => attempt(() => api.setPace(target.value)));
}

export function show(machine) {
  const can = (action) => machine.actions.includes(action);
  set('line', machine.line, can('lose-line') || can('restore-line'), 'Cut the line', 'Restore the line');
  set('battery', machine.power, can('power-off') || can('power-on'), 'Take the battery out', 'Put the battery in');
  byId('next-told').textContent = told(machine);
  allow(byId('next-clear'), Boolean(machine.nextOutcome));
  for (const pace of byId('pace').querySelectorAll('input')) {
    if (machine.pace) pace.checked = pace.value === machine.pace;
  }
}

function told({ nextOutcome: next, script: own }) {
  if (next) return `Set for the next payment: ${next.description}.`;
  return own ? 'The machine does what its TID says.' : 'The machine waits for somebody to use it.';
}

function set(id, on, allowed, words, otherwise) {
  const button = byId(id);
  button.dataset.on = String(on);
  button.querySelector('span').textContent = on ? words : otherwise;
  allow(button, allowed);
}
