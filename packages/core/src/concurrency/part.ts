/**
 * A long-running part of a process: a server, a consumer, a background task, a pool of connections.
 * A part that works as soon as its factory resolves has no `start`.
 */
export interface Part {
  /** Starts the part. Safe to call twice. */
  start?(): Promise<void>;
  /**
   * Stops accepting work, waits for the work in progress and releases every resource. Work that is still in progress at
   * `deadline` is cancelled or left to another process. Safe to call twice, and before `start`.
   */
  stop(deadline: Deadline): Promise<void>;
}

/** The time by which a process has to stop. All of its parts share it. */
export class Deadline {
  readonly #endsAtMs: number;

  /** @param timeoutMs time from now, in milliseconds */
  constructor(timeoutMs: number) {
    this.#endsAtMs = performance.now() + timeoutMs;
  }

  /** Milliseconds left; 0 once the deadline has passed. */
  get remainingMs(): number {
    return Math.max(this.#endsAtMs - performance.now(), 0);
  }
}

/** Makes a `stop` function safe to call twice: every call returns the promise of the first. */
export function stopOnce<Args extends unknown[]>(
  stop: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  let stopped: Promise<void> | undefined;
  return (...args) => (stopped ??= stop(...args));
}
