import type { Part } from '@posthorn/core';

/** The pauses between two runs, in milliseconds. */
export interface Pauses {
  /** After a run that found work, after a failed one, and at least, even when woken. */
  intervalMs: number;
  /** The longest pause. It doubles with each run that finds no work, up to this. Default: `intervalMs`. */
  maxIntervalMs?: number;
}

/** Work that runs repeatedly until it is stopped. */
export interface Loop extends Part {
  /** Makes the next run start as soon as `intervalMs` has passed since the last one. */
  wake(): void;
  /** Waits for the current run. */
  stop(): Promise<void>;
}

/** A run. Resolves to false if it found no work. */
export type Work = () => Promise<boolean | void>;

/** Runs `work` now and again after a pause, until stopped. Passes the error of a failed run to `onError`, and continues. */
export function every(pauses: number | Pauses, work: Work, onError: (error: unknown) => void): Loop {
  const { intervalMs, maxIntervalMs = intervalMs } =
    typeof pauses === 'number' ? { intervalMs: pauses } : pauses;
  let pauseMs = intervalMs;
  let timer: NodeJS.Timeout | undefined;
  let endedAtMs = 0;
  let isWoken = false;
  let stopped = false;
  let current = run();

  async function run(): Promise<void> {
    isWoken = false;
    const foundWork = await work().catch(onError);
    if (stopped) return;
    endedAtMs = performance.now();
    pauseMs = foundWork === false && !isWoken ? Math.min(pauseMs * 2, maxIntervalMs) : intervalMs;
    schedule(pauseMs);
  }

  function schedule(delayMs: number): void {
    timer = setTimeout(() => {
      timer = undefined;
      current = run();
    }, delayMs);
  }

  return {
    wake() {
      isWoken = true;
      // A run in progress may have looked before the work appeared.
      if (stopped || timer === undefined || pauseMs === intervalMs) return;
      clearTimeout(timer);
      pauseMs = intervalMs;
      const elapsedMs = Math.max(performance.now() - endedAtMs, 0);
      schedule(Math.max(intervalMs - elapsedMs, 0));
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
