/** Lifetimes to choose from, in days. */
const DAYS = ['7', '30', '90', '365'] as const;

export type Expiry = 'never' | (typeof DAYS)[number];

export const EXPIRIES: { value: Expiry; label: string }[] = [
  { value: 'never', label: 'Never' },
  ...DAYS.map((days) => ({ value: days, label: days === '365' ? '1 year' : `${days} days` })),
];

const DAY_MS = 86_400_000;

/** Returns the `expiresAt` of the API for a lifetime that starts now. */
export function toExpiresAt(expiry: Expiry): string | null {
  return expiry === 'never' ? null : new Date(Date.now() + Number(expiry) * DAY_MS).toISOString();
}
