// Solves the puzzles of proof-of-work.js beside the page, which stays usable. SHA-256 is
// written out: the browser's own takes longer to be asked than to compute.

const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
/** The first 32 bits behind the point. */
const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const words = new Int32Array(64);
const rotated = (x, by) => (x >>> by) | (x << (32 - by));

/** Takes the block in the first sixteen words into a state. */
function compress(state) {
  for (let t = 16; t < 64; t += 1) {
    const [x, y] = [words[t - 15], words[t - 2]];
    words[t] = words[t - 16] + (rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3)) + words[t - 7] + (rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10));
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let t = 0; t < 64; t += 1) {
    const one = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[t] + words[t]) | 0;
    const two = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** The digest of a text of ASCII, as eight words. */
function digest(text) {
  const blocks = Math.ceil((text.length + 9) / 64);
  const state = START.slice();
  for (let block = 0; block < blocks; block += 1) {
    for (let at = 0; at < 16; at += 1) {
      words[at] = 0;
      for (let byte = 0; byte < 4; byte += 1) {
        const place = block * 64 + at * 4 + byte;
        const value = place < text.length ? text.charCodeAt(place) : Number(place === text.length) * 0x80;
        words[at] |= value << (24 - byte * 8);
      }
    }
    if (block === blocks - 1) words[15] = text.length * 8;
    compress(state);
  }
  return state;
}

/** The first number that makes the digest of the base, the puzzle and itself begin with so
    many zero bits. */
function solve(base, puzzle, bits) {
  const state = START.slice();
  for (let nonce = 0; ; nonce += 1) {
    words.set(base);
    words.set([puzzle, nonce, 0x80000000 | 0, 0, 0, 0, 0, 40 * 8], 8);
    state.set(START);
    compress(state);
    if (Math.clz32(state[0]) >= bits) return nonce;
  }
}

onmessage = ({ data: { challenge, puzzles, bits } }) => {
  const base = digest(challenge);
  postMessage(Array.from({ length: puzzles }, (_, puzzle) => solve(base, puzzle, bits)));
};
