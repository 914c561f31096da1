const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** Formats a remaining time in its two largest units: `2 h 5 min`, `3 min 20 s`, `9 s`. Returns null when no time is left. */
export function formatRemaining(ms: number): string | null {
  const seconds = Math.ceil(ms / 1000);
  const first = UNITS.findIndex(([, length]) => seconds >= length);
  if (first === -1) return null;
  let rest = seconds;
  const parts = UNITS.slice(first, first + 2).map(([unit, length]) => {
    const amount = Math.floor(rest / length);
    rest -= amount * length;
    return { amount, text: `${amount} ${unit}` };
  });
  return parts
    .filter(({ amount }) => amount > 0)
    .map(({ text }) => text)
    .join(' ');
}
