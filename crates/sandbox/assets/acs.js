// The sandbox bank's page: Escape, and the payment page's own wish to stop,
// both mean cancel.

const cancel = () => document.getElementById('cancel').click();

window.addEventListener('keydown', ({ key }) => { if (key === 'Escape') cancel(); });
window.addEventListener('message', ({ origin, source, data }) => {
  const parent = origin === window.location.origin && source === window.parent;
  if (parent && data?.kind === 'three-ds-cancel') cancel();
});

// Browsers ignore `autofocus` in a frame, and complain of it.
document.getElementById('code').focus();
