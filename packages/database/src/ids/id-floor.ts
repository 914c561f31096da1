const MAX_TIMESTAMP_MS = 2 ** 48 - 1;

/** Returns the smallest UUID with this timestamp, in milliseconds since 1970. */
export function idFloor(timeMs: number): string {
  const hex = Math.min(Math.max(timeMs, 0), MAX_TIMESTAMP_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
