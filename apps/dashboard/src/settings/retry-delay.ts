const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** Formats the seconds of a retry delay: `5s`, `30m`, `10h`. */
export function formatDelay(seconds: number): string {
  const [unit, length] = UNITS.find(([, each]) => seconds % each === 0) ?? ['s', 1];
  return `${seconds / length}${unit}`;
}

/** Parses a retry delay to seconds; the unit is optional. Returns null for invalid text. */
export function parseDelay(text: string): number | null {
  const match = /^(\d{1,7})\s*([smhd]?)$/i.exec(text.trim());
  if (!match) return null;
  const [, amount, unit] = match;
  const length = UNITS.find(([each]) => each === unit?.toLowerCase())?.[1] ?? 1;
  return Number(amount) * length;
}
