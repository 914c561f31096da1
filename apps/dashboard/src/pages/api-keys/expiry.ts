import { formatLocalTime } from '../../components/format-time.js';

/** Lifetimes to choose from, in days. */
const DAYS = ['7', '30', '90', '365'] as const;

const DAY_MS = 86_400_000;

/** `default`: the expiry of the calling key, or, in a rotation, of the old key. */
export type Expiry = 'default' | (typeof DAYS)[number];

/** Returns the lifetimes that the API accepts: none may end later than the calling key. */
export function expiries(defaultLabel: string, latest: string | null): { value: Expiry; label: string }[] {
  const latestMs = latest === null ? Infinity : Date.parse(latest);
  const days = DAYS.filter((each) => Date.now() + Number(each) * DAY_MS < latestMs);
  return [
    { value: 'default', label: defaultLabel },
    ...days.map((each) => ({ value: each, label: each === '365' ? 'In 1 year' : `In ${each} days` })),
  ];
}

/** Returns the `expiresAt` of the API for a lifetime that starts now. */
export function toExpiresAt(expiry: Expiry): string | null {
  return expiry === 'default' ? null : new Date(Date.now() + Number(expiry) * DAY_MS).toISOString();
}

/** Describes an expiry that is kept: `Never`, or its time. */
export const formatExpiry = (expiresAt: string | null): string =>
  expiresAt === null ? 'Never' : formatLocalTime(new Date(expiresAt));
