// The list of card machines, kept up to date while it is looked at.

import * as api from './api.js';
import { byId, make, tell } from './dom.js';
import { script } from './words.js';

const EVERY = 2000;
const rows = new Map();

function row(tid) {
  const parts = {
    screen: make('span', { class: 'glass' }), status: make('span', { class: 'state' }), about: make('span', { class: 'about' }),
  };
  const link = make('a', { href: `/card-machines/${encodeURIComponent(tid)}` },
    make('span', { class: 'mini', 'aria-hidden': 'true' }, parts.screen, make('span', { class: 'pad' })),
    make('span', { class: 'words' }, make('strong', { class: 'mono' }, tid), parts.about, parts.status));
  byId('machines').append(make('li', {}, link));
  rows.set(tid, parts);
  return parts;
}

function show(machine) {
  const parts = rows.get(machine.tid) ?? row(machine.tid);
  const set = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  set(parts.screen, machine.power ? machine.screen.title : '');
  set(parts.about, machine.script ? script(machine.script) : 'You drive it');
  set(parts.status, machine.status);
  parts.status.dataset.status = machine.status;
}

async function refresh() {
  if (!document.hidden) {
    try {
      const machines = await api.machines();
      machines.forEach(show);
      byId('machines').hidden = false;
      tell(byId('loading'), machines.length ? '' : 'This account has no card machines.');
      tell(byId('trouble'), '');
    } catch (error) {
      tell(byId('loading'), '');
      tell(byId('trouble'), error.message);
    }
  }
  setTimeout(refresh, EVERY);
}

refresh();
