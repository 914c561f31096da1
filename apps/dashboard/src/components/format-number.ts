import { locale } from '../i18n/t.js';

const ONE_DIGIT = new Intl.NumberFormat(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 });
const COUNT = new Intl.NumberFormat(locale());
const SHORT = new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 });
const NEARLY_ALL = new Intl.NumberFormat(locale(), { maximumFractionDigits: 2 });

/** `1,204` */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** `1.2K` */
export function formatCompactCount(count: number): string {
  return SHORT.format(count);
}

/** `75.9 %` for 0.7592; two decimals above 99 %, and never `100 %` for less than all. A dash for null. */
export function formatPercent(ratio: number | null): string {
  if (ratio === null) return '–';
  const percent = ratio < 1 ? Math.min(100 * ratio, 99.99) : 100 * ratio;
  return `${(percent > 99 ? NEARLY_ALL : PERCENT).format(percent)}\u00A0%`;
}

/** `12 ms`, `1.4 s`. A dash for null. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms < 10_000 ? ONE_DIGIT : WHOLE).format(ms / 1000)} s`;
}

/** Formats an age in seconds: `0.4 s`, `12 s`, `3 min`, `2 h` */
export function formatAge(seconds: number): string {
  if (seconds < 10) return `${ONE_DIGIT.format(seconds)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
