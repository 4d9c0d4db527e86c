// Puts what is new at the top of a list, as long as the page is open.

/** How many rows a list keeps. */
const MOST_ROWS = 200;

for (const list of document.querySelectorAll('[data-live]')) {
  const state = document.querySelector(list.dataset.state);
  const events = new EventSource(list.dataset.live);
  const say = (text, isOn) => {
    state.textContent = text;
    state.classList.toggle('is-on', isOn);
  };
  events.addEventListener('open', () => say('Live', true));
  events.addEventListener('error', () => {
    const isOver = events.readyState === EventSource.CLOSED;
    say(isOver ? 'Not live any more: load the page again' : 'Connecting again …', false);
  });
  events.addEventListener('message', ({ data }) => {
    const piece = document.createElement('template');
    piece.innerHTML = data;
    for (const row of piece.content.children) row.classList.add('is-new');
    list.prepend(piece.content);
    while (list.children.length > MOST_ROWS) list.lastElementChild.remove();
    document.querySelector(list.dataset.empty)?.setAttribute('hidden', '');
    list.closest('[hidden]')?.removeAttribute('hidden');
  });
  addEventListener('pagehide', () => events.close());
}
