/** Tells how late this process has been lately: what it sees may have happened so much earlier. */
export interface Lateness {
  /** The most in the last seconds, in milliseconds. */
  recentMs(): number;
  stop(): void;
}

const BEAT_MS = 20;
const BEATS_KEPT = 100;

export function watchLateness(): Lateness {
  const beats: number[] = [];
  let dueAtMs = performance.now() + BEAT_MS;
  const timer = setInterval(() => {
    beats.push(Math.max(performance.now() - dueAtMs, 0));
    if (beats.length > BEATS_KEPT) beats.shift();
    dueAtMs = performance.now() + BEAT_MS;
  }, BEAT_MS);
  return { recentMs: () => Math.round(Math.max(0, ...beats)), stop: () => clearInterval(timer) };
}
