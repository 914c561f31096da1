const COUNT = new Intl.NumberFormat();
const SHORT = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const SHARE = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 });

/** `1,204` */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** `1.2K` */
export function formatCompactCount(count: number): string {
  return SHORT.format(count);
}

/** `99.71%`, of a share from 0 to 1. What is not all is not shown as 100 %. Null shows a dash. */
export function formatPercent(share: number | null): string {
  if (share === null) return '–';
  return SHARE.format(share < 1 ? Math.min(share, 0.9999) : share);
}

/** `12 ms`, `1.4 s`. Null shows a dash. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
