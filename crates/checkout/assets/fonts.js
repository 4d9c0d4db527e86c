// Fonts of the shop's choice. A browser fetches a font when it first shows one of its
// letters; fetched while a number is being typed, fonts would tell which digits it
// has. So all that have digits are fetched before anything can be typed.

const DIGITS = [0x30, 0x39];
const PATIENCE_MS = 3000;

/** Whether a `unicode-range` has a digit in it. */
export function hasDigits(range) {
  return range.split(',').some((part) => {
    const [from, to = from] = part.trim().replace(/^U\+/i, '').split('-');
    const first = parseInt(from.replaceAll('?', '0'), 16);
    const last = parseInt(to.replaceAll('?', 'F'), 16);
    return first <= DIGITS[1] && last >= DIGITS[0];
  });
}

const late = () => new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); });

function link(href) {
  const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  return new Promise((resolve) => {
    const end = (isLoaded) => () => {
      if (!isLoaded) sheet.remove();
      resolve();
    };
    sheet.addEventListener('load', end(true));
    sheet.addEventListener('error', end(false));
    late().then(() => { if (!sheet.sheet) end(false)(); });
    document.head.append(sheet);
  });
}

/** Loads style sheets with fonts, as far as they come soon. */
export async function loadFonts(addresses) {
  await Promise.all(addresses.map(link));
  const fonts = [...document.fonts].filter((font) => hasDigits(font.unicodeRange));
  await Promise.race([Promise.allSettled(fonts.map((font) => font.load())), late()]);
}
