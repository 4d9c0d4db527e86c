// Comforts that the pages do without: a button that copies, and the language that was
// chosen once for all samples.

const CHOSEN = 'docs-language';

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

addCopyButtons();
choose(remembered());
document.addEventListener('change', ({ target }) => {
  if (target.matches('.tabs > input')) {
    remember(target.value);
    const top = target.getBoundingClientRect().top;
    choose(target.value);
    scrollBy(0, target.getBoundingClientRect().top - top);
  }
});
