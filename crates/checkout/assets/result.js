// Takes the payer back to the shop, after a moment to read.

const link = document.getElementById('return-link');
const READ_MS = 1500;

if (link) window.setTimeout(() => window.location.replace(link.href), READ_MS);
