import type winston from 'winston';

type LogRecord = winston.Logform.TransformableInfo;

const WINDOW_MS = 10_000;
const MAX_LINES = 5;

/** The lines of one warning in the current window. */
interface Window {
  startMs: number;
  lines: number;
  suppressed: number;
}

/**
 * Limits the warnings about errors that are retried: at most five lines in ten seconds with the same message, task and lane. The
 * next line then has their number as `suppressed`.
 */
export class RepeatedWarnings {
  readonly #windows = new Map<string, Window>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Returns the record to log, or false to suppress it. */
  limit(record: LogRecord): LogRecord | false {
    if (record.level !== 'warn' || record['error'] === undefined) return record;
    const window = this.#windowOf([record.message, record['task'], record['lane']].join('\n'));
    if (window.lines >= MAX_LINES) {
      window.suppressed += 1;
      return false;
    }
    window.lines += 1;
    if (window.suppressed > 0) record['suppressed'] = window.suppressed;
    window.suppressed = 0;
    return record;
  }

  #windowOf(key: string): Window {
    const nowMs = this.#nowMs();
    let window = this.#windows.get(key);
    if (window === undefined) this.#windows.set(key, (window = { startMs: nowMs, lines: 0, suppressed: 0 }));
    if (nowMs - window.startMs >= WINDOW_MS) Object.assign(window, { startMs: nowMs, lines: 0 });
    return window;
  }
}
