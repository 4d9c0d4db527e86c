// The form that calls an operation from its page.

const section = document.getElementById('try');
const form = section?.querySelector('form');

/** The form's values that go to one place, empty ones left out. */
const values = (place) => [...form.elements].filter(({ dataset, value }) => dataset.in === place && value !== '').map(({ name, value }) => [name, value]);

function request() {
  let path = form.dataset.path;
  for (const [name, value] of values('path')) path = path.replace(`{${name}}`, encodeURIComponent(value));
  const query = new URLSearchParams(values('query')).toString();
  const headers = new Headers(values('header'));
  const [[, key] = []] = values('key');
  if (key && !headers.has('authorization')) headers.set('authorization', `Basic ${key}`);
  const [[, body] = []] = values('body');
  if (body) headers.set('content-type', 'application/json');
  return [query ? `${path}?${query}` : path, { method: form.dataset.method, headers, body, credentials: 'omit' }];
}

/** A text for people, indented if it is JSON. */
function readable(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

/** How often, and after how many milliseconds each, the steps of a flow are asked for. */
const ASKED = 40;
const PAUSE = 500;

/** A flow of the tester tool that was started, once it is over. */
async function ended(text) {
  const id = JSON.parse(text);
  const [path, { headers }] = request();
  for (let asked = 0; asked < ASKED; asked++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    const response = await fetch(`${path}/${encodeURIComponent(id)}`, { headers, credentials: 'omit' });
    text = await response.text();
    if (!response.ok || JSON.parse(text).status !== 'IN_PROGRESS') break;
  }
  return text;
}

async function send(event) {
  event.preventDefault();
  const status = document.getElementById('try-status');
  const answer = document.getElementById('try-answer');
  const button = form.querySelector('button');
  button.disabled = true;
  status.textContent = 'Sending …';
  const begun = performance.now();
  try {
    const response = await fetch(...request());
    let text = await response.text();
    if (response.ok && 'follow' in form.dataset) text = await ended(text);
    status.textContent = `${response.status} ${response.statusText}, ${Math.round(performance.now() - begun)} ms`;
    answer.hidden = text === '';
    answer.firstElementChild.textContent = readable(text);
  } catch (error) {
    status.textContent = `No answer: ${error.message}`;
    answer.hidden = true;
  }
  button.disabled = false;
}

if (form) {
  section.hidden = false;
  form.addEventListener('submit', send);
}
