// Types of client.js, which defines the global `Dojo`.

declare namespace Dojo {
  /** CSS properties as scripts write them, for example `{ fontSize: '16px' }`. */
  type CssProperties = { [property: string]: string | number };

  type FieldName = 'cardName' | 'cardNumber' | 'expiryDate' | 'cv2';

  type ErrorType =
    | 'cardNameRequired' | 'cardNameInvalid'
    | 'cardNumberRequired' | 'cardNumberInvalid'
    | 'expiryDateRequired' | 'expiryDateInvalid' | 'expiryDateMustBeInFuture'
    | 'cv2Required' | 'cv2Invalid';

  interface FieldStyle {
    default?: CssProperties;
    focus?: CssProperties;
    error?: CssProperties;
    valid?: CssProperties;
    errorFocus?: CssProperties;
    validFocus?: CssProperties;
    container?: CssProperties;
    label?: CssProperties;
    validationText?: CssProperties;
    validationIcon?: CssProperties;
  }

  type StylesConfig = { base?: FieldStyle; cardIcon?: CssProperties; form?: CssProperties } & { [field in FieldName]?: FieldStyle };

  interface FieldText {
    label?: string;
    placeholder?: string;
    /** Shows what is wrong with the field below it. */
    showValidation?: boolean;
  }

  interface ValidationError {
    /** An `ErrorType`, or what the server says of the additional information. */
    errorType: ErrorType | (string & {});
    message: string;
  }

  interface Config {
    /** The id of the element that the component is put into. */
    containerId: string;
    /** `paymentToken` is the client session secret of a payment intent. It pays once. */
    paymentDetails: { paymentToken: string };
    errorMessages?: { [kind in ErrorType]?: string };
    onIframeLoaded?: () => void;
    onIframeLoadFailed?: () => void;
  }

  interface CardConfig extends Config {
    styles?: StylesConfig;
    text?: { [field in FieldName]?: FieldText };
    /** Addresses of style sheets with fonts. */
    fontCss?: string[];
    callbacks?: {
      onFormComplete?: () => void;
      onFormFieldValid?: (fieldName: FieldName) => void;
    };
  }

  interface WalletConfig extends Config {
    buttonConfig?: {
      colour?: 'black' | 'white';
      color?: 'black' | 'white';
      type?: 'plain' | 'book' | 'buy' | 'checkout' | 'donate' | 'order';
    };
    emailRequired?: boolean;
    billingAddressRequired?: boolean;
    shippingAddressRequired?: boolean;
    callbacks?: {
      onPaymentInitiated?: () => void;
      onPaymentCancelled?: () => void;
    };
  }

  /** `0` successful, `4` referred, `5` declined, `20` duplicate, `30` failed; `90` the
      cardholder left the 3-D Secure check, `400` invalid request, `401` the token was
      used or has expired, `403` the check against programs was not passed, `404` no token,
      `500` not known: ask the API. */
  type StatusCode = 0 | 4 | 5 | 20 | 30 | 90 | 400 | 401 | 403 | 404 | 500;

  interface TransactionResult {
    statusCode: StatusCode;
    authCode?: string;
    message: string;
  }

  interface Address {
    address1?: string;
    address2?: string;
    address3?: string;
    address4?: string;
    city?: string;
    state?: string;
    postcode?: string;
    /** ISO 3166-1, numeric or two letters. */
    countryCode?: string;
  }

  interface AdditionalInfo {
    userEmailAddress?: string;
    userPhoneNumber?: string;
    billingAddress?: Address;
    shippingDetails?: { name?: string; deliveryNotes?: string; address?: Address };
    metaData?: { [key: string]: string };
    /** Keeps the card for the customer of the payment intent. */
    savePaymentMethod?: boolean;
    /** The cardholder agrees to later payments that the merchant starts. */
    mitConsentGiven?: boolean;
  }

  class Payment {
    constructor(
      config: CardConfig,
      displayErrors?: (errors: ValidationError[]) => void,
      onSubmit?: () => void,
      onBlur?: (isValid: boolean) => void,
    );

    /** Fulfilled with the outcome `0`, `4`, `5`, `20` or `30`; rejected with the others. */
    executePayment(additionalInfo?: AdditionalInfo): Promise<TransactionResult>;
  }

  class WalletPayment {
    constructor(
      config: WalletConfig,
      displayErrors?: (errors: ValidationError[]) => void,
      paymentComplete?: (result: TransactionResult) => void,
    );
  }
}

interface Window {
  Dojo: typeof Dojo;
}
