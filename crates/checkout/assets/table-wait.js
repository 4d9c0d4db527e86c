// Waits until a payment is on its bill: the page says so when it is read again.

const LONGEST_MS = 8000;
const { state } = document.getElementById('state').dataset;

async function look(pause) {
  const page = await fetch(window.location.href, { headers: { accept: 'text/html' } }).then((answer) => answer.text(), () => '');
  const next = new DOMParser().parseFromString(page, 'text/html').getElementById('state');
  if (next && next.dataset.state !== state) window.location.reload();
  else window.setTimeout(look, pause, Math.min(pause * 1.5, LONGEST_MS));
}

window.setTimeout(look, 1000, 1500);
