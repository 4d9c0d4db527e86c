// Apple Pay, as browsers have it.

const VERSION = 3;
const NETWORKS = ['visa', 'masterCard', 'amex', 'maestro', 'discover'];

export const hasApplePay = () => Boolean(window.ApplePaySession?.supportsVersion(VERSION) && window.ApplePaySession.canMakePayments());

/** The host of the page that the payer sees, which may be around this one. */
function domain() {
  const { ancestorOrigins } = window.location;
  const outermost = ancestorOrigins?.[ancestorOrigins.length - 1];
  return new URL(outermost ?? window.location.href).hostname;
}

/** The wallet. `leave` gets Apple's session for a page. */
export function applePay({ merchant, amount, currencyCode, countryCode }, leave) {
  const ask = ({ email, billing, shipping }) => new Promise((resolve, reject) => {
    const { ApplePaySession } = window;
    const sheet = new ApplePaySession(VERSION, {
      countryCode, currencyCode, supportedNetworks: NETWORKS, merchantCapabilities: ['supports3DS'],
      total: { label: merchant, amount, type: 'final' },
      requiredBillingContactFields: billing ? ['name', 'postalAddress'] : [],
      requiredShippingContactFields: [...(email ? ['email'] : []), ...(shipping ? ['name', 'postalAddress'] : [])],
    });
    sheet.onvalidatemerchant = () => leave({ domain: domain() }).then((session) => sheet.completeMerchantValidation(session), (error) => {
      sheet.abort();
      reject(error);
    });
    sheet.oncancel = () => resolve(undefined);
    sheet.onpaymentauthorized = ({ payment: { token, billingContact, shippingContact } }) => resolve({
      wallet: 'APPLE_PAY',
      body: { token, email: shippingContact?.emailAddress, billingContact, shippingContact: shipping ? shippingContact : undefined },
      complete: (isAccepted) => sheet.completePayment({ status: isAccepted ? ApplePaySession.STATUS_SUCCESS : ApplePaySession.STATUS_FAILURE }),
    });
    sheet.begin();
  });
  return { ask };
}
