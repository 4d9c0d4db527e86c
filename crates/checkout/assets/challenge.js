// The bank's page: in a frame of ours, or as a page of its own where a frame
// would be too small.

import { goesTo } from './words.js';

const $ = (id) => document.getElementById(id);
const PATIENCE_MS = 3000;

/** Whether the bank's page should take the whole window. */
export const wantsOwnPage = () =>
  typeof HTMLDialogElement === 'undefined' || window.matchMedia('(max-width: 30rem), (max-height: 30rem)').matches;

function send(answer, target, fields) {
  const form = $('challenge-form');
  const url = new URL(answer.stepUpUrl, window.location.href);
  // The sandbox's bank lives here too, whatever name this page was reached by.
  form.action = url.pathname.startsWith('/three-ds/') ? url.pathname : url.href;
  form.target = target;
  Object.entries({ PaReq: answer.paReq, MD: answer.md, lang: new URLSearchParams(window.location.search).get('lang') ?? '', ...fields }).forEach(([name, value]) => {
    form.elements.namedItem(name).value = value;
  });
  form.submit();
}

/** Leaves this page for the bank's, which leads back to the payment. */
export function leaveForBank(answer, id) {
  send(answer, '_self', { TermUrl: window.location.origin + goesTo(`/checkout/${id}/three-ds-return`), presentation: 'page' });
}

/** Shows the bank's page in a dialog. The proof it gives; nothing if the payer
    closed the dialog and the bank did not answer to that. */
export function askInFrame(answer) {
  const dialog = $('challenge');
  const frame = $('challenge-frame');
  const before = document.activeElement;
  return new Promise((resolve) => {
    let patience;
    const finish = (proof) => {
      window.clearTimeout(patience);
      window.removeEventListener('message', hear);
      dialog.removeEventListener('cancel', giveUp);
      $('challenge-close').removeEventListener('click', giveUp);
      dialog.close();
      frame.removeAttribute('src');
      before?.focus?.();
      resolve(proof);
    };
    const hear = ({ origin, source, data }) => {
      const ours = origin === window.location.origin && source === frame.contentWindow;
      if (ours && data?.kind === 'three-ds-proof' && data.md === answer.md) finish(data.paRes);
    };
    const giveUp = (event) => {
      event.preventDefault();
      frame.contentWindow.postMessage({ kind: 'three-ds-cancel' }, window.location.origin);
      patience ??= window.setTimeout(() => finish(undefined), PATIENCE_MS);
    };
    window.addEventListener('message', hear);
    dialog.addEventListener('cancel', giveUp);
    $('challenge-close').addEventListener('click', giveUp);
    send(answer, frame.name, { TermUrl: '', presentation: 'frame' });
    dialog.showModal();
    frame.focus();
  });
}
