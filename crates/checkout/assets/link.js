// What the payment link says of the customer, kept while the payer is at the
// bank. The secret in it opens saved cards: the bank must not see it, so it is not
// in the address to come back to, but stays in this tab.

const NAMES = ['cid', 'csc', 'cpm'];
const keyOf = (id) => `customer of ${id}`;

/** Keeps it, before this page is left for the bank's. */
export function keepCustomer(id) {
  const here = new URLSearchParams(window.location.search);
  const kept = NAMES.filter((name) => here.has(name)).map((name) => [name, here.get(name)]);
  try {
    window.sessionStorage.setItem(keyOf(id), JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing: the card can be typed in again.
  }
}

/** What was kept, which is kept no longer. */
export function takeCustomer(id) {
  try {
    const kept = window.sessionStorage.getItem(keyOf(id));
    window.sessionStorage.removeItem(keyOf(id));
    return JSON.parse(kept) ?? [];
  } catch {
    return [];
  }
}

/** Opens the page anew with what was kept, if the payer came back without having
    paid. Whether it does so. */
export function reopen(id) {
  const here = new URL(window.location.href);
  const kept = takeCustomer(id);
  const cameBack = here.searchParams.has('again') && !here.searchParams.has('csc');
  if (!cameBack || kept.length === 0) return false;
  for (const [name, value] of kept) here.searchParams.set(name, value);
  window.location.replace(here);
  return true;
}
