// Keeps the first steps up to date: while the page is visible they are fetched now and then
// and replaced if they have changed. Without scripts the user reloads the page.

const EVERY_MS = 1500;

const steps = document.getElementById('first-steps');
const said = document.getElementById('first-steps-said');
let shown = steps.innerHTML;

const done = () => [...steps.querySelectorAll('.is-done strong')].map((title) => title.textContent);

function put(html) {
  const before = done();
  const focused = steps.contains(document.activeElement) && document.activeElement.id;
  const ticked = document.getElementById('step-receive')?.checked;
  steps.innerHTML = html;
  const box = document.getElementById('step-receive');
  if (ticked && box) box.checked = true;
  if (focused) document.getElementById(focused)?.focus();
  const now = done().filter((title) => !before.includes(title));
  if (now.length) said.textContent = `Done: ${now.join(', ')}.`;
}

async function follow() {
  if (document.visibilityState === 'visible') {
    const answer = await fetch(steps.dataset.follow + location.search).catch(() => undefined);
    // Who is signed out is led to the sign-in page, which is none of ours.
    if (answer?.status !== 200 || answer.redirected) return;
    const html = await answer.text();
    if (html !== shown) put(html);
    shown = html;
  }
  if (done().length < 4 || document.getElementById('step-checkout')) setTimeout(follow, EVERY_MS);
}

setTimeout(follow, EVERY_MS);
