const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** "5 minutes ago" of an RFC 3339 time; '' when it is not one. */
export function ago(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (!Number.isFinite(seconds)) return '';
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return words.format(Math.round(seconds / length), unit);
  }
  return 'just now';
}
