// How a frame of a component gets to know the page that it is in. The page has put
// a nonce into the frame's address; who knows it and is the page around the frame is
// believed, once. Everything else goes over the channel that comes with the answer.

/** `config`, and `send(kind, value)` for what the page is told. `hear` has a function
    for each kind of call; what it returns, or throws, is the call's result. */
export function meet(hear) {
  const nonce = window.location.hash.slice(1);
  return new Promise((resolve) => {
    window.addEventListener('message', function hello({ source, data, ports }) {
      const expected = source === window.parent && source !== window && nonce && data?.nonce === nonce;
      if (!expected || !ports[0] || typeof data.config !== 'object') return;
      window.removeEventListener('message', hello);
      const [port] = ports;
      const send = (kind, value) => port.postMessage({ kind, value });
      port.onmessage = async ({ data: call }) => {
        if (typeof call?.id !== 'string' || !Object.hasOwn(hear, call.kind)) return;
        const answer = (fulfilled) => (value) => port.postMessage({ kind: 'result', id: call.id, fulfilled, value });
        await hear[call.kind](call.value).then(answer(true), answer(false));
      };
      send('title', document.title);
      resolve({ config: data.config, send });
    });
    window.parent.postMessage({ kind: 'dojo-frame', nonce }, '*');
  });
}

/** Keeps the frame as high as its content, or as `atLeast()` says. */
export function fit(send, atLeast = () => 0) {
  const measure = () => send('height', Math.max(document.body.getBoundingClientRect().height, atLeast()));
  new ResizeObserver(measure).observe(document.body);
  return measure;
}
