/** A write of this age shows that PostgreSQL stores what is written, in milliseconds. */
const FRESH_MS = 60_000;

interface WriteMonitorOptions {
  /** Writes to PostgreSQL. Rejects if it does not store what is written. */
  probe: () => Promise<void>;
  /** Returns the monotonic time in milliseconds. Default: `performance.now`. */
  nowMs?: () => number;
}

/**
 * Detects from the calls that publish events whether PostgreSQL stores what is written. Only if none did so for a minute, or the latest one
 * failed, it has to be probed: when a load balancer uses other APIs, no call would show that PostgreSQL works again.
 */
export class WriteMonitor {
  readonly #probe: () => Promise<void>;
  readonly #nowMs: () => number;
  #storedAtMs = -Infinity;
  #hasHung = false;
  #probing: Promise<void> | null = null;

  constructor({ probe, nowMs = () => performance.now() }: WriteMonitorOptions) {
    this.#probe = probe;
    this.#nowMs = nowMs;
  }

  noteStored(): void {
    this.#storedAtMs = this.#nowMs();
    this.#hasHung = false;
  }

  /** @param hasHung PostgreSQL did not even cancel the statement */
  noteFailed(hasHung: boolean): void {
    this.#storedAtMs = -Infinity;
    this.#hasHung ||= hasHung;
  }

  /**
   * Rejects if a statement hung and no probe has succeeded since. A commit that waits for a synchronous replica keeps its session: each
   * further statement would use up another connection of PostgreSQL.
   */
  async checkAfterHang(): Promise<void> {
    if (this.#hasHung) await this.check();
  }

  /** Resolves if PostgreSQL stores what is written. Probes it if this is not known, one probe at a time. Rejects if the probe fails. */
  async check(): Promise<void> {
    if (this.#nowMs() - this.#storedAtMs < FRESH_MS) return;
    this.#probing ??= this.#runProbe().finally(() => (this.#probing = null));
    await this.#probing;
  }

  async #runProbe(): Promise<void> {
    await this.#probe();
    this.noteStored();
  }
}
