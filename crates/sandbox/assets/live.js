// A part of a page that is kept up to date while it is looked at: #live. Its server-sent
// events say that there is something new, which is then read from the page itself.

const place = () => document.getElementById('live');
let { seen } = place().dataset;

/** Puts the part of a page just read in place of the one that is shown. */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.getElementById('live');
  if (!fresh) return;
  const focused = place().contains(document.activeElement) ? document.activeElement.getAttribute('href') : undefined;
  place().replaceWith(fresh);
  if (focused) place().querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  document.getElementById('news').textContent = place().dataset.news ?? '';
}

const source = new EventSource(place().dataset.live);
source.onmessage = ({ data }) => {
  if (data === seen) return;
  seen = data;
  // What fails now is seen when the next event comes, or the page is loaded anew.
  refresh().catch(() => {});
};
