// Times on pages, in the zone of whoever reads them, by name.

const ZONED = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short',
});

/** A moment as it is written everywhere: `31 March 2026, 13:00 BST`. */
export function when(moment) {
  const parts = Object.fromEntries(ZONED.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts.day} ${parts.month} ${parts.year}, ${parts.hour}:${parts.minute} ${parts.timeZoneName}`;
}

for (const time of document.querySelectorAll('time[datetime]')) {
  time.textContent = when(new Date(time.dateTime));
}
