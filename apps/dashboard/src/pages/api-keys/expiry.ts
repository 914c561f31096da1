/** Days after which a key ends, as they are offered. */
const DAYS = ['7', '30', '90', '365'] as const;

export type Expiry = 'never' | (typeof DAYS)[number];

export const EXPIRIES: { value: Expiry; label: string }[] = [
  { value: 'never', label: 'Never' },
  ...DAYS.map((days) => ({ value: days, label: days === '365' ? 'In a year' : `In ${days} days` })),
];

const DAY_MS = 86_400_000;

/** For `expiresAt` of the API, from now on. */
export function toExpiresAt(expiry: Expiry): string | null {
  return expiry === 'never' ? null : new Date(Date.now() + Number(expiry) * DAY_MS).toISOString();
}
