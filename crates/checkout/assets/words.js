// What the page says, in its language: the words come with the page, with what is
// filled in in braces.

const form = document.getElementById('payment');

export const WORDS = JSON.parse((form ?? document.body).dataset.words ?? '{}');
/** The language that answers to this page are in. */
export const LANGUAGE = document.documentElement.lang;

/** A text with what is filled in. */
export const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);

/** The address of another page of ours, in the language that this one was switched to. */
export function goesTo(path) {
  const switched = new URLSearchParams(window.location.search).get('lang');
  return switched ? `${path}${path.includes('?') ? '&' : '?'}lang=${encodeURIComponent(switched)}` : path;
}
