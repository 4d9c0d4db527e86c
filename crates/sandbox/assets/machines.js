// The list of card machines, kept up to date while it is looked at.

import * as api from './api.js';
import { byId, tell } from './dom.js';

const EVERY = 2000;
const rows = new Map();

function row(tid) {
  const item = document.querySelector(`[data-tid="${CSS.escape(tid)}"]`);
  const part = (name) => item?.querySelector(`.${name}`);
  const parts = item && { screen: part('glass'), status: part('state') };
  if (parts) rows.set(tid, parts);
  return parts;
}

function show(machine) {
  const parts = rows.get(machine.tid) ?? row(machine.tid);
  if (!parts) return;
  const set = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  set(parts.screen, machine.power ? machine.screen.title : '');
  set(parts.status, machine.status);
  parts.status.dataset.status = machine.status;
}

async function refresh() {
  if (!document.hidden) {
    try {
      const machines = await api.machines();
      machines.forEach(show);
      tell(byId('trouble'), '');
    } catch (error) {
      tell(byId('trouble'), error.message);
    }
  }
  setTimeout(refresh, EVERY);
}

refresh();
