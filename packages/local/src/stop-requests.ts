import { once } from 'node:events';

/** A second signal counts only after so long: npm and the terminal both pass on one Ctrl-C. */
const SAME_REQUEST_MS = 2000;
const PARENT_POLL_MS = 500;

export interface StopRequests {
  /** Aborted at the first request to stop. */
  stop: AbortSignal;
  stopped: Promise<unknown>;
  /** Runs when somebody asks again, well after the first time. */
  onInsisting(callback: () => void): void;
  dispose(): void;
}

/** Listens for SIGINT, SIGTERM and, when npm started us, for the end of npm, whose shell may not pass signals on. */
export function stopRequests(): StopRequests {
  const controller = new AbortController();
  let firstAt = 0;
  let insist: (() => void) | undefined;
  const request = () => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort();
    } else if (performance.now() - firstAt > SAME_REQUEST_MS) insist?.();
  };
  process.on('SIGINT', request);
  process.on('SIGTERM', request);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent && !controller.signal.aborted) request();
  }, PARENT_POLL_MS).unref();
  if (!process.env['npm_lifecycle_event']) clearInterval(watch);

  return {
    stop: controller.signal,
    stopped: once(controller.signal, 'abort'),
    onInsisting: (callback) => {
      insist = callback;
    },
    dispose: () => {
      clearInterval(watch);
      process.off('SIGINT', request);
      process.off('SIGTERM', request);
    },
  };
}
