// Whether it is paid is what the webhook said, not that the payer came back.

const id = new URLSearchParams(window.location.search).get('id');
const PAID = ['Captured', 'Authorized'];

async function look() {
  const { status } = await (await fetch(`/order?id=${encodeURIComponent(id)}`)).json();
  if (PAID.includes(status)) document.getElementById('status').textContent = 'Thank you, it is paid.';
  else window.setTimeout(look, 500);
}

look();
