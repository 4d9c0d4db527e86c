// Times on pages, in the zone of whoever reads them, by name.

const USUAL = '{day} {month} {year}, {time} {zone}';
const LANGUAGE = document.documentElement.lang || 'en-GB';
const ZONED = new Intl.DateTimeFormat(LANGUAGE, {
  day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short',
});

/** A moment as it is written everywhere: `31 March 2026, 13:00 BST`. */
export function when(moment, form = USUAL) {
  const parts = Object.fromEntries(ZONED.formatToParts(moment).map(({ type, value }) => [type, value]));
  const named = { ...parts, time: `${parts.hour}:${parts.minute}`, zone: parts.timeZoneName };
  return form.replace(/\{(\w+)\}/g, (whole, name) => named[name] ?? whole);
}

for (const time of document.querySelectorAll('time[datetime]')) {
  time.textContent = when(new Date(time.dateTime), time.dataset.form);
}
