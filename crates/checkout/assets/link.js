// What this page keeps while the payer is at the bank: what the payment link says
// of the customer, and the amount that the payer saw. The customer's secret opens
// saved cards: the bank must not see it, so it is not in the address to come back
// to, but stays in this tab.

const NAMES = ['cid', 'csc', 'cpm'];
const keyOf = (id) => `payment ${id}`;

function store(id, kept) {
  try {
    window.sessionStorage.setItem(keyOf(id), JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing: the card can be typed in again.
  }
}

/** Keeps it, before this page is left for the bank's. */
export function keep(id, amount) {
  const here = new URLSearchParams(window.location.search);
  const customer = NAMES.filter((name) => here.has(name)).map((name) => [name, here.get(name)]);
  store(id, { customer, amount });
}

/** What was kept, which is kept no longer. */
export function take(id) {
  try {
    const kept = window.sessionStorage.getItem(keyOf(id));
    window.sessionStorage.removeItem(keyOf(id));
    return JSON.parse(kept) ?? {};
  } catch {
    return {};
  }
}

/** For a payer who came back without having paid: opens the page anew with what
    was kept of the customer, and says so by `leaving`; otherwise gives the
    `amount` that the payer saw. */
export function comeBack(id) {
  const here = new URL(window.location.href);
  const { customer = [], amount } = take(id);
  if (!here.searchParams.has('again')) return {};
  if (here.searchParams.has('csc') || customer.length === 0) return { amount };
  for (const [name, value] of customer) here.searchParams.set(name, value);
  store(id, { amount });
  window.location.replace(here);
  return { leaving: true };
}
