import type { Part } from '@posthorn/core';

/** Work that runs repeatedly until it is stopped. */
export interface Loop extends Part {
  /** Waits for the current run. */
  stop(): Promise<void>;
}

/** Runs `work` now and again `intervalMs` after each run ends. Passes the error of a failed run to `onError`, and continues. */
export function every(
  intervalMs: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Loop {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let current = run();

  async function run(): Promise<void> {
    await work().catch(onError);
    if (stopped) return;
    timer = setTimeout(() => {
      current = run();
    }, intervalMs);
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
