/*! Tatami components. Card data is typed into frames of the payment service and never reaches this page. */
(() => {
  'use strict';

  const PATIENCE_MS = 10000;
  const AFTER_LOAD_MS = 2000;
  /** However long the mouse is down. */
  const RELEASED_MS = 1000;
  const MARK = 'dojoComponent';
  const UNKNOWN = 'The outcome of the payment is not known here: ask the API for its status.';

  const script = document.currentScript ?? document.querySelector('script[src*="/client.js"]');
  if (!script?.src) throw new Error('Dojo: client.js must be loaded by a script element with a src.');
  const BASE = new URL('.', script.src);

  /** Calls what the shop has given; an error in it is the shop's own. */
  function tell(callback, ...args) {
    if (typeof callback !== 'function') return;
    try {
      callback(...args);
    } catch (error) {
      setTimeout(() => { throw error; });
    }
  }

  /** A copy of plain data: functions and what else cannot be sent is left out. */
  const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

  const nonceOf = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

  /** Whether the text around the frame is light: then the frame's is, too. */
  function isDark(element) {
    const pixel = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    if (!pixel) return false;
    pixel.fillStyle = getComputedStyle(element).color;
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
    return red * 0.299 + green * 0.587 + blue * 0.114 > 150;
  }

  function checked(name, config) {
    if (typeof config !== 'object' || config === null) throw new Error(`Dojo.${name}: the config is missing.`);
    const { containerId } = config;
    if (!containerId) throw new Error(`Dojo.${name}: config.containerId is missing.`);
    const container = document.getElementById(containerId);
    if (!container) throw new Error(`Dojo.${name}: there is no element with the id "${containerId}".`);
    return container;
  }

  /** What changes the page's height is done once the mouse is released: before, it would
      move the shop's button away from under it, and nothing would be clicked. */
  let isPressed = false;
  const waiting = [];
  function release() {
    isPressed = false;
    for (const act of waiting.splice(0)) act();
  }
  addEventListener('mousedown', () => { isPressed = true; setTimeout(release, RELEASED_MS); }, true);
  addEventListener('mouseup', () => setTimeout(release), true);
  const onceReleased = (act) => (isPressed ? waiting.push(act) : act());

  /** A frame of ours in the shop's page. What is sent to it and what it says goes
      over a channel that both ends open once they have seen the frame's nonce. */
  class Frame {
    #nonce = nonceOf();
    #hear;
    #config;
    #element;
    #port;
    #calls = new Map();
    #loaded = false;
    #ready;
    #settle;

    constructor(name, { path, title, params = [], allow }, config, hear) {
      const container = checked(name, config);
      this.#hear = hear;
      this.#config = config;
      this.#ready = new Promise((resolve, reject) => { this.#settle = { resolve, reject }; });
      this.#ready.catch(() => {});
      for (const old of container.querySelectorAll('iframe')) if (old.dataset[MARK] === name) old.remove();

      const dark = isDark(container);
      const url = new URL(path, BASE);
      for (const [key, value] of params) url.searchParams.append(key, value);
      if (dark) url.searchParams.append('scheme', 'dark');
      const { lang } = document.documentElement;
      if (lang) url.searchParams.append('lang', lang);
      url.hash = this.#nonce;
      const frame = document.createElement('iframe');
      this.#element = frame;
      frame.dataset[MARK] = name;
      frame.title = title;
      if (allow) frame.allow = allow;
      Object.assign(frame.style, {
        display: 'block', width: '100%', height: '4rem', border: '0', margin: '0', background: 'transparent', colorScheme: dark ? 'dark' : 'light',
      });
      const patience = setTimeout(() => this.#fail(), PATIENCE_MS);
      frame.addEventListener('load', () => setTimeout(() => { if (!this.#port) this.#fail(); }, AFTER_LOAD_MS), { once: true });
      this.#ready.then(() => clearTimeout(patience), () => clearTimeout(patience));
      this.#listen();
      frame.src = url.href;
      container.append(frame);
    }

    /** Waits for the frame to say that it is there. It may do so again: a frame that
        is moved in the page is loaded anew. */
    #listen() {
      const hello = ({ source, origin, data }) => {
        if (!this.#element.isConnected) {
          removeEventListener('message', hello);
          return;
        }
        const ours = source === this.#element.contentWindow && origin === BASE.origin;
        if (!ours || data?.kind !== 'dojo-frame' || data.nonce !== this.#nonce) return;
        this.#end(UNKNOWN);
        const { port1, port2 } = new MessageChannel();
        this.#port = port1;
        port1.onmessage = (message) => this.#take(port1, message.data);
        port1.onclose = () => { if (this.#port === port1) this.#end(UNKNOWN); };
        const { paymentDetails, styles, text, errorMessages, buttonConfig, emailRequired, billingAddressRequired, shippingAddressRequired } = this.#config;
        const config = plain({
          token: paymentDetails?.paymentToken, styles, text, errorMessages, buttonConfig, emailRequired, billingAddressRequired, shippingAddressRequired,
        });
        source.postMessage({ nonce: this.#nonce, config }, BASE.origin, [port2]);
      };
      addEventListener('message', hello);
    }

    #take(port, data) {
      if (port !== this.#port || typeof data?.kind !== 'string') return;
      const { kind, value } = data;
      const { style } = this.#element;
      if (kind === 'height' && Number.isFinite(value)) onceReleased(() => { style.height = `${Math.ceil(value)}px`; });
      if (kind === 'title') this.#element.title = String(value);
      if (kind === 'attend') this.#attend();
      if (kind === 'loaded' && !this.#loaded) {
        this.#loaded = true;
        this.#settle.resolve();
        tell(this.#config.onIframeLoaded);
      }
      if (kind === 'result') {
        const call = this.#calls.get(data.id);
        this.#calls.delete(data.id);
        call?.[data.fulfilled === true ? 'resolve' : 'reject'](value);
      }
      if (Object.hasOwn(this.#hear, kind)) this.#hear[kind](value);
    }

    /** Brings what the payer has to answer into sight. */
    #attend() {
      this.#element.scrollIntoView({ block: 'nearest' });
      // A field in a frame within may have the focus by now: it keeps it.
      if (document.activeElement !== this.#element) this.#element.focus();
    }

    #fail() {
      if (this.#loaded) return;
      const isMounted = this.#element.isConnected;
      this.#element.remove();
      this.#settle.reject();
      if (isMounted) tell(this.#config.onIframeLoadFailed);
    }

    #end(message) {
      for (const { reject } of this.#calls.values()) reject({ statusCode: 500, message });
      this.#calls.clear();
    }

    /** Asks the frame for something; what it makes of it. */
    async call(kind, value) {
      const gone = { statusCode: 400, message: 'The card fields are not on the page, so nothing was tried.' };
      if (!this.#element.isConnected) throw gone;
      await this.#ready.catch(() => { throw gone; });
      if (!this.#element.isConnected) throw gone;
      return new Promise((resolve, reject) => {
        const id = nonceOf();
        this.#calls.set(id, { resolve, reject });
        this.#port.postMessage({ kind, id, value: plain(value) });
      });
    }
  }

  class Payment {
    #frame;
    #paying;

    constructor(config, displayErrors, onSubmit, onBlur) {
      const fonts = Array.isArray(config?.fontCss) ? config.fontCss : [];
      const { onFormComplete, onFormFieldValid } = config?.callbacks ?? {};
      this.#frame = new Frame('Payment', {
        path: 'card-frame', title: 'Card details', params: fonts.map((url) => ['font', String(new URL(url, document.baseURI))]),
      }, config, {
        errors: (errors) => onceReleased(() => tell(displayErrors, errors)),
        submit: () => tell(onSubmit),
        blur: (isValid) => tell(onBlur, isValid),
        complete: () => tell(onFormComplete),
        fieldValid: (name) => tell(onFormFieldValid, name),
      });
    }

    /** Pays with what is typed in. Called again meanwhile, it is the same payment. */
    executePayment(additionalInfo) {
      this.#paying ??= this.#frame.call('execute', additionalInfo).finally(() => { this.#paying = undefined; });
      return this.#paying;
    }
  }

  class WalletPayment {
    constructor(config, displayErrors, paymentComplete) {
      if (config && !config.paymentDetails?.paymentToken) throw new Error('Dojo.WalletPayment: config.paymentDetails.paymentToken is missing.');
      const { onPaymentInitiated, onPaymentCancelled } = config?.callbacks ?? {};
      // The instance is nothing but the frame and what it tells.
      void new Frame('WalletPayment', { path: 'wallet-frame', title: 'Wallet', allow: 'payment' }, config, {
        errors: (errors) => tell(displayErrors, errors),
        initiated: () => tell(onPaymentInitiated),
        cancelled: () => tell(onPaymentCancelled),
        paid: (result) => tell(paymentComplete, result),
      });
    }
  }

  window.Dojo = Object.assign(window.Dojo ?? {}, { Payment, WalletPayment });
})();
