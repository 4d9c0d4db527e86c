// The card component: fields in the page, a button of the shop's own.

const $ = (id) => document.getElementById(id);
const post = async (path) => (await fetch(path, { method: 'POST' })).json();

function say(...sentences) {
  $('errors').replaceChildren(...sentences.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
}

const { id } = await post('/orders');
let card;

/** A secret pays once, so each try has a component of its own. */
async function mount() {
  const { secret } = await post(`/secret?id=${id}`);
  const config = {
    containerId: 'card',
    paymentDetails: { paymentToken: secret },
    styles: { base: {} },
    onIframeLoaded: () => { $('pay').disabled = false; },
    onIframeLoadFailed: () => say('The card fields could not be loaded. Reload the page.'),
  };
  card = new window.Dojo.Payment(config, (errors) => say(...errors.map(({ message }) => message)), () => $('pay').click());
}

async function pay() {
  $('pay').disabled = true;
  const result = await card.executePayment().catch((refused) => refused);
  if (result.statusCode === 0) return window.location.assign(`/done?id=${id}`);
  if (result.statusCode === 400) {
    $('pay').disabled = false;
    return undefined;
  }
  await mount();
  return say(result.message);
}

$('pay').addEventListener('click', pay);
await mount();
