// Waits until the outcome of a payment is known.

import { standing } from './payments.js';
import { goesTo } from './words.js';

const { id } = document.getElementById('state').dataset;
const LONGEST_MS = 10000;

async function look(pause) {
  const { state } = await standing(id).catch(() => ({ state: 'processing' }));
  if (state !== 'processing') {
    window.location.replace(goesTo(`/checkout/${id}/result`));
    return;
  }
  window.setTimeout(look, pause, Math.min(pause * 1.5, LONGEST_MS));
}

look(1500);
