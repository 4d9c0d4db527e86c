// Hands the bank's proof on: to the page around this frame, or by the form.

const holder = document.getElementById('proof');
const { md, paRes } = holder.dataset;

if (holder.tagName === 'FORM') {
  holder.submit();
} else if (window.parent !== window) {
  window.parent.postMessage({ kind: 'three-ds-proof', md, paRes }, window.location.origin);
}
