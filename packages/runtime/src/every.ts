/** A piece of work that is done again and again until stopped. */
export interface Loop {
  /** Waits for a round that is under way. */
  stop(): Promise<void>;
}

/** Runs `work` now and then `intervalMs` after each end. A round that fails is told to `onError`; the next one comes. */
export function every(
  intervalMs: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Loop {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let round = run();

  async function run(): Promise<void> {
    await work().catch(onError);
    if (stopped) return;
    timer = setTimeout(() => {
      round = run();
    }, intervalMs);
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
