/** The lines of one kind since the last one that was logged. */
interface Lines {
  loggedAtMs: number;
  suppressed: number;
}

/** Limits log lines that may be very many: at most one of each kind per interval, which counts those that were suppressed before it. */
export class LineLimiter {
  readonly #kinds = new Map<string, Lines>();
  readonly #nowMs: () => number;
  readonly #intervalMs: number;

  /** @param intervalMs in milliseconds */
  constructor(nowMs: () => number = () => performance.now(), intervalMs = 1000) {
    this.#nowMs = nowMs;
    this.#intervalMs = intervalMs;
  }

  /**
   * Returns how much was suppressed since the last line of this kind, or null to suppress this one.
   * @param count what the line counts as
   */
  admit(kind: string, count = 1): number | null {
    const nowMs = this.#nowMs();
    const lines = this.#kinds.get(kind);
    if (lines && nowMs - lines.loggedAtMs < this.#intervalMs) {
      lines.suppressed += count;
      return null;
    }
    this.#kinds.set(kind, { loggedAtMs: nowMs, suppressed: 0 });
    return lines?.suppressed ?? 0;
  }
}
