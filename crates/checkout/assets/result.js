// Takes the payer back to the shop, after a moment to read.

import { take } from './link.js';

const link = document.getElementById('return-link');
const READ_MS = 1500;

// It is paid: the saved cards are not needed again.
take(document.getElementById('state').dataset.id);
if (link) window.setTimeout(() => window.location.replace(link.href), READ_MS);
