import { locale } from '../i18n/t.js';

const ONE_DIGIT = new Intl.NumberFormat(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Formats an age in seconds: `0.4 s`, `12 s`, `3 min`, `2 h` */
export function formatAge(seconds: number): string {
  if (seconds < 10) return `${ONE_DIGIT.format(seconds)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
