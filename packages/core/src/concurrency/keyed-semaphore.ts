interface KeyedSemaphoreOptions {
  /** Maximum number of permits of one key at a time. */
  permits: number;
  /** Maximum number of callers that wait for permits of one key. */
  maxWaiting: number;
}

/** Releases a permit. Call it exactly once. */
export type ReleasePermit = () => void;

/** Hands out a limited number of permits for each key, first come, first served. */
export class KeyedSemaphore {
  readonly #options: KeyedSemaphoreOptions;
  readonly #keys = new Map<string, { taken: number; waiting: Set<() => void> }>();

  constructor(options: KeyedSemaphoreOptions) {
    this.#options = options;
  }

  /** Waits for a permit. Returns null after `timeoutMs`, or at once if too many callers wait for the same key. */
  async acquire(key: string, timeoutMs: number): Promise<ReleasePermit | null> {
    const { permits, maxWaiting } = this.#options;
    let state = this.#keys.get(key);
    if (!state) this.#keys.set(key, (state = { taken: 0, waiting: new Set() }));
    const { waiting } = state;
    if (state.taken < permits) state.taken += 1;
    else if (waiting.size >= maxWaiting || !(await takesTurn(waiting, timeoutMs))) return null;
    return () => this.#release(key);
  }

  #release(key: string): void {
    const state = this.#keys.get(key);
    if (!state) return;
    const [next] = state.waiting;
    if (next) {
      state.waiting.delete(next);
      next();
      return;
    }
    state.taken -= 1;
    if (state.taken === 0) this.#keys.delete(key);
  }
}

/** Waits until the caller is called as one of `waiting`. Returns false if that takes too long. */
function takesTurn(waiting: Set<() => void>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const start = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      waiting.delete(start);
      resolve(false);
    }, timeoutMs);
    waiting.add(start);
  });
}
