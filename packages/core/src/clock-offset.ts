/**
 * How far another clock is ahead of ours, in milliseconds, give or take half the time that asking takes.
 * @param askMs reads the other clock, in milliseconds since 1970
 */
export async function clockOffsetMs(askMs: () => Promise<number>): Promise<number> {
  const before = Date.now();
  const theirs = await askMs();
  return Math.round(theirs - (before + Date.now()) / 2);
}
