// The key that samples of the documentation have: one of a sandbox, which this browser
// alone keeps.

const KEPT = 'docs-key';
const OF_SANDBOX = /^sk_sandbox_[\w-]{16,}$/;

export const isOfSandbox = (key) => OF_SANDBOX.test(key);

/** The key, if one was given and the browser keeps anything. */
export function remembered() {
  try { return localStorage.getItem(KEPT); } catch { return null; }
}

/** Keeps a key, or none. Whether that was possible. */
export function remember(key) {
  try {
    if (key) localStorage.setItem(KEPT, key);
    else localStorage.removeItem(KEPT);
    return true;
  } catch { return false; }
}

// Where a new key is shown, a button hands it over.
for (const button of document.querySelectorAll('button[data-own-key]')) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const done = remember(document.getElementById(button.dataset.ownKey).textContent.trim());
    button.textContent = done ? 'Samples have it in this browser' : 'This browser keeps nothing';
    button.disabled = true;
  });
}
