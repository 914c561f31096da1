import type winston from 'winston';
import { LineLimiter } from './line-limiter.js';

type LogRecord = winston.Logform.TransformableInfo;

/**
 * Limits the warnings about errors that are retried: at most one line per second with the same message, task, lane, route and outbox. The
 * next line then has the number of the others as `suppressed`.
 */
export class RepeatedWarnings {
  readonly #limiter: LineLimiter;

  constructor(nowMs?: () => number) {
    this.#limiter = new LineLimiter(nowMs);
  }

  /** Returns the record to log, or false to suppress it. */
  limit(record: LogRecord): LogRecord | false {
    if (record.level !== 'warn' || record['error'] === undefined) return record;
    const kind = [record.message, record['task'], record['lane'], record['route'], record['outbox']].join(
      '\n',
    );
    const suppressed = this.#limiter.admit(kind);
    if (suppressed === null) return false;
    if (suppressed > 0) record['suppressed'] = suppressed;
    return record;
  }
}
