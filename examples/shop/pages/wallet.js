// The wallet component: its button opens the wallet's sheet.

const post = async (path) => (await fetch(path, { method: 'POST' })).json();
const say = (text) => { document.getElementById('told').textContent = text; };

const { id } = await post('/orders');

async function mount() {
  const { secret } = await post(`/secret?id=${id}`);
  const config = {
    containerId: 'wallet',
    paymentDetails: { paymentToken: secret },
    buttonConfig: { colour: 'black', type: 'buy' },
    emailRequired: true,
    callbacks: { onPaymentCancelled: () => say('Nothing was paid.') },
  };
  return new window.Dojo.WalletPayment(config, ([error]) => say(error?.message ?? ''), async ({ statusCode, message }) => {
    if (statusCode === 0) return window.location.assign(`/done?id=${id}`);
    await mount();
    return say(message);
  });
}

await mount();
