// Google Pay, as browsers have it: a payment request, so no script of others is loaded.

const NETWORKS = ['VISA', 'MASTERCARD', 'AMEX', 'DISCOVER'];
const ADDRESS = { format: 'FULL', phoneNumberRequired: false };

function request({ merchant, amount, currencyCode, countryCode, googlePay }, { email, billing, shipping }) {
  const { method, merchantId, gateway, gatewayMerchantId } = googlePay;
  const data = {
    environment: 'PRODUCTION', apiVersion: 2, apiVersionMinor: 0,
    merchantInfo: { merchantId, merchantName: merchant },
    allowedPaymentMethods: [{
      type: 'CARD',
      parameters: {
        allowedAuthMethods: ['PAN_ONLY', 'CRYPTOGRAM_3DS'], allowedCardNetworks: NETWORKS,
        billingAddressRequired: billing, ...(billing && { billingAddressParameters: ADDRESS }),
      },
      tokenizationSpecification: { type: 'PAYMENT_GATEWAY', parameters: { gateway, gatewayMerchantId } },
    }],
    transactionInfo: { countryCode, currencyCode, totalPriceStatus: 'FINAL', totalPrice: amount },
    emailRequired: email, shippingAddressRequired: shipping,
  };
  const total = { label: merchant, amount: { currency: currencyCode, value: amount } };
  return new PaymentRequest([{ supportedMethods: method, data }], { total });
}

/** Whether the browser can ask for it. */
export async function hasGooglePay(offered) {
  if (typeof PaymentRequest === 'undefined') return false;
  return request(offered, { email: false, billing: false, shipping: false }).canMakePayment().catch(() => false);
}

/** The wallet. */
export function googlePay(offered) {
  async function ask(wants) {
    const response = await request(offered, wants).show().catch((error) => {
      if (error.name === 'AbortError') return undefined;
      throw error;
    });
    if (!response) return undefined;
    const { paymentMethodData, email, shippingAddress } = response.details;
    return {
      wallet: 'GOOGLE_PAY',
      body: {
        token: paymentMethodData.tokenizationData.token, email,
        billingContact: paymentMethodData.info?.billingAddress, shippingContact: shippingAddress,
      },
      // It may be told once.
      complete: (isAccepted) => response.complete(isAccepted ? 'success' : 'fail').catch(() => {}),
    };
  }
  return { ask };
}
