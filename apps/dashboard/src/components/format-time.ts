import { locale } from '../i18n/t.js';

const LOCAL = new Intl.DateTimeFormat(locale(), {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

const RELATIVE = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

export function formatLocalTime(date: Date): string {
  return LOCAL.format(date);
}

/** `2026-01-31 12:00:00 UTC` */
export function formatUtcTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `3 minutes ago`, `in 2 hours`, `now` */
export function formatRelativeTime(date: Date, nowMs: number): string {
  const seconds = Math.round((date.getTime() - nowMs) / 1000);
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.trunc(seconds / length), unit);
  }
  return RELATIVE.format(Math.abs(seconds) < 10 ? 0 : seconds, 'second');
}
