// Comforts that the pages do without: a button that copies, and the language that was
// chosen once for all samples.

import { isOfSandbox, remember as keepKey, remembered as ownKey } from './own-key.js';

const CHOSEN = 'docs-language';
/** The keys that samples are made with. */
const SOME_KEY = /sk_sandbox_(?:YOUR_KEY|[\w-]{16,})/g;

function addCopyButtons() {
  for (const pre of document.querySelectorAll('.prose pre')) {
    const box = document.createElement('div');
    box.className = 'copyable';
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'copy secondary', textContent: 'Copy' });
    button.addEventListener('click', async () => {
      const done = await navigator.clipboard.writeText(pre.textContent).then(() => true, () => false);
      button.textContent = done ? 'Copied' : 'Press Ctrl+C';
      if (!done) getSelection().selectAllChildren(pre);
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    pre.replaceWith(box);
    box.append(button, pre);
  }
}

function choose(language) {
  for (const input of document.querySelectorAll('.tabs > input')) {
    if (input.value === language) input.checked = true;
  }
}

/** What the browser remembers, if it does. */
function remembered() {
  try { return localStorage.getItem(CHOSEN); } catch { return null; }
}

function remember(language) {
  try { localStorage.setItem(CHOSEN, language); } catch { /* It is chosen on this page alone. */ }
}

/** Puts a key into the samples and the form of this page. */
function fill(key) {
  for (const code of document.querySelectorAll('.prose pre code')) {
    if (code.closest('#try-answer') === null) code.textContent = code.textContent.replace(SOME_KEY, key);
  }
  const field = document.getElementById('try-key');
  if (field) field.value = key;
}

function offerOwnKey() {
  const box = document.querySelector('.own-key');
  const form = box.querySelector('form');
  const field = form.querySelector('input');
  const [, forget] = form.querySelectorAll('button');
  const said = form.querySelector('[role="status"]');
  const key = ownKey();
  box.hidden = false;
  if (isOfSandbox(key ?? '')) {
    fill(key);
    field.value = key;
    forget.hidden = false;
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const kept = keepKey(field.value);
    fill(field.value);
    forget.hidden = !kept;
    said.textContent = kept ? 'Samples have your key now, in this browser.' : 'This page has your key now. The browser keeps nothing.';
  });
  forget.addEventListener('click', () => {
    keepKey(null);
    location.reload();
  });
}

addCopyButtons();
offerOwnKey();
choose(remembered());
document.addEventListener('change', ({ target }) => {
  if (target.matches('.tabs > input')) {
    remember(target.value);
    const top = target.getBoundingClientRect().top;
    choose(target.value);
    scrollBy(0, target.getBoundingClientRect().top - top);
  }
});
