import { once } from 'node:events';

/** Signals within this time are one request: npm and the terminal both forward the same Ctrl-C. */
const SAME_REQUEST_MS = 2000;
const PARENT_POLL_MS = 500;

export interface StopRequests {
  /** Aborts at the first request. */
  stop: AbortSignal;
  stopped: Promise<unknown>;
  /** Registers a callback for a second request. */
  onRepeat(callback: () => void): void;
  dispose(): void;
}

/** Listens for SIGINT and SIGTERM and, under npm, for the exit of npm, whose shell may not forward signals. */
export function stopRequests(): StopRequests {
  const controller = new AbortController();
  let firstAt = 0;
  let repeat: (() => void) | undefined;
  const request = () => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort();
    } else if (performance.now() - firstAt > SAME_REQUEST_MS) repeat?.();
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
    onRepeat: (callback) => {
      repeat = callback;
    },
    dispose: () => {
      clearInterval(watch);
      process.off('SIGINT', request);
      process.off('SIGTERM', request);
    },
  };
}
