import { isTransient, type Pool } from '@posthorn/database/connection';
import type {
  OutboxQuery,
  OutboxRow,
  OutboxSource,
  OutboxState,
  OutboxTimes,
} from '@posthorn/database/outbox';
import { type EventDays, readEventDays } from '@posthorn/database/retention';
import { withLease } from '@posthorn/database/server';
import { MAX_BYTES_IN_PROGRESS, MAX_PUSH_BYTES, rejectLarge } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import type { OutboxConfig } from '@posthorn/runtime/config';
import type { OutboxPush } from '../pushes/any-push.js';

export interface OutboxReaderDeps {
  outbox: Pick<OutboxConfig, 'name' | 'tenant'>;
  source: OutboxSource;
  pool: Pool;
  /** Resolves when the event, or its rejection, is durable. Keeps the order of the rows of a page, for which it is called at once. */
  ingest: (push: OutboxPush) => Promise<void>;
  /** The retention of events, in days. */
  retentionDays: number;
  report: (state: OutboxState | null) => void;
  logger: Logger;
}

/** Rows that were read together. */
interface Page {
  rows: readonly OutboxRow[];
  /** Never rejects. */
  ingested: Promise<Ingested>;
}

interface Ingested {
  /** Rows whose events, or rejections, are durable. */
  durable: OutboxRow[];
  /** Why others are not, and are read again soon. */
  error: unknown;
}

interface FailedRow {
  row: OutboxRow;
  error: unknown;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Events cannot be stored: the outbox can be read, but PostgreSQL of Posthorn does not accept them. */
class NotStoredError extends Error {
  override readonly name = 'NotStoredError';
}

/** Rows read by one statement. */
export const PAGE_ROWS = 500;

/** Two pages are in memory at a time. */
const PAGE_BYTES = MAX_BYTES_IN_PROGRESS / 2;

/** Maximum duration of one run, in milliseconds. A stop does not wait until a large outbox is empty. */
const MAX_RUN_MS = 1000;

/** How often each part of the maintenance runs, in milliseconds. The days of events are created a week ahead. */
const INTERVALS_MS = { days: 60_000, bound: 1000, rowsBelowBound: 60_000, state: 5000 };

type MaintenancePart = keyof typeof INTERVALS_MS;

/** A row that could not be ingested is read again after this time, in milliseconds. */
const RETRY_MS = 30_000;

/** More rows of a page are not set aside: what stops them is not in them. */
const MAX_SET_ASIDE = 50;

/** Another producer may be able to read the outbox meanwhile, in milliseconds. */
const PAUSE_AFTER_FAILURE_MS = 5000;

const DAY_MS = 24 * 3_600_000;

/**
 * Publishes the rows of one outbox in the order of their positions, and deletes each when its event is durable. One producer does this at a
 * time; when two overlap, or a deletion fails, rows are ingested again and recognized as duplicates by their ids.
 */
export class OutboxReader {
  readonly #deps: OutboxReaderDeps;
  /** The positions of rows that could not be ingested, and when they are read again. */
  readonly #setAsideUntilMs = new Map<string, number>();
  #hasFailed = false;
  #isStandby = false;
  #pausedUntilMs = 0;
  #days: EventDays | null = null;
  /** When each part of the maintenance is due. */
  readonly #dueAtMs = new Map<MaintenancePart, number>();

  constructor(deps: OutboxReaderDeps) {
    this.#deps = deps;
  }

  /** Whether another producer read the outbox when this one last tried. */
  get isStandby(): boolean {
    return this.#isStandby;
  }

  /** Runs once, unless another producer reads the outbox. Resolves to whether there were rows. */
  async run(): Promise<boolean> {
    if (performance.now() < this.#pausedUntilMs) return false;
    const { pool, outbox, source } = this.#deps;
    let hadRows = false;
    try {
      // A producer that cannot reach the application leaves the lease to others.
      await source.ping();
      const hadLease = await withLease(pool, `outbox ${outbox.name}`, async (signal) => {
        // Before the read: a notification that comes now may be of a row that it misses.
        this.#isStandby = false;
        hadRows = await this.#read(signal);
        this.#noteSuccess();
      });
      if (!hadLease) this.#isStandby = true;
    } catch (error) {
      this.#noteFailure(error);
    }
    return hadRows;
  }

  #noteSuccess(): void {
    if (this.#hasFailed) this.#deps.logger.info('outbox: reading again', { outbox: this.#deps.outbox.name });
    this.#hasFailed = false;
  }

  #noteFailure(error: unknown): void {
    const { outbox, logger, report } = this.#deps;
    const isUnreadable = !(error instanceof NotStoredError);
    if (isUnreadable) report(null);
    const message = isUnreadable ? 'outbox: cannot be read' : 'outbox: events cannot be stored';
    if (!this.#hasFailed) logger.warn(message, { outbox: outbox.name, error });
    this.#hasFailed = true;
    this.#pausedUntilMs = performance.now() + PAUSE_AFTER_FAILURE_MS;
  }

  async #read(signal: AbortSignal): Promise<boolean> {
    const endsAtMs = performance.now() + MAX_RUN_MS;
    await this.#maintain();
    let previous: Page = { rows: [], ingested: Promise.resolve({ durable: [], error: null }) };
    let hadRows = false;
    try {
      while (!signal.aborted && performance.now() < endsAtMs) {
        const rows = await this.#deps.source.read(this.#nextPage(previous.rows));
        if (rows.length === 0) break;
        hadRows = true;
        // The events of a page follow the events of the page before.
        if ((await previous.ingested).error !== null) break;
        const page = { rows, ingested: this.#ingest(rows) };
        await this.#delete(previous);
        previous = page;
      }
    } finally {
      await this.#delete(previous);
    }
    return hadRows;
  }

  #nextPage(inProgress: readonly OutboxRow[]): OutboxQuery {
    return {
      ...this.#times(),
      except: [...inProgress.map(({ position }) => position), ...this.#setAsideUntilMs.keys()],
      limit: PAGE_ROWS,
      maxRowBytes: MAX_PUSH_BYTES,
      maxBytes: PAGE_BYTES,
    };
  }

  /**
   * Other rows are kept: an event belongs to its day, and the day of an older row has no partition any more, or is dropped soon. A row that
   * is far ahead has a wrong clock.
   */
  #times(): OutboxTimes {
    const nowMs = Date.now();
    const keptDays = Math.max(this.#deps.retentionDays - 1, 1);
    const firstDayMs = this.#days?.from.getTime() ?? nowMs;
    const lastDayEndMs = this.#days?.to.getTime() ?? nowMs;
    return {
      createdFrom: new Date(Math.max(firstDayMs, nowMs - keptDays * DAY_MS)),
      createdTo: new Date(Math.min(lastDayEndMs - 1, nowMs + DAY_MS)),
    };
  }

  async #ingest(rows: readonly OutboxRow[]): Promise<Ingested> {
    const results = await Promise.allSettled(rows.map(async (row) => this.#deps.ingest(this.#toPush(row))));
    const failed = rows.flatMap((row, index): FailedRow[] => {
      const result = results[index];
      return result?.status === 'rejected' ? [{ row, error: result.reason }] : [];
    });
    const failedRows = new Set(failed.map(({ row }) => row));
    const durable = rows.filter((row) => !failedRows.has(row));
    const general =
      failed.find(({ error }) => isTransient(error)) ?? (failed.length > MAX_SET_ASIDE ? failed[0] : null);
    if (!general && failed.length > 0) this.#setAside(failed);
    return { durable, error: general?.error ?? null };
  }

  #setAside(failed: readonly FailedRow[]): void {
    // One line names all: each is the only trace of its row.
    const failures = failed.map(({ row, error }) => ({ row: row.id, reason: messageOf(error) }));
    const context = { outbox: this.#deps.outbox.name, failures };
    this.#deps.logger.warn('outbox: rows could not be ingested, and are read again later', context);
    for (const { row } of failed) this.#setAsideUntilMs.set(row.position, performance.now() + RETRY_MS);
  }

  /** Deletes the durable rows of a page when all are ingested. @throws NotStoredError if others are not, and are read again */
  async #delete({ ingested }: Page): Promise<void> {
    const { durable, error } = await ingested;
    if (durable.length > 0) await this.#deps.source.delete(durable);
    if (error !== null) throw new NotStoredError('rows could not be ingested', { cause: error });
  }

  #toPush(row: OutboxRow): OutboxPush {
    const { outbox } = this.#deps;
    const isForeign = outbox.tenant !== null && row.tenant !== null && row.tenant !== outbox.tenant;
    // What is rejected belongs to the tenant of the outbox.
    const tenant = outbox.tenant ?? row.tenant;
    const rejection = isForeign ? FOREIGN_TENANT : rejectLarge(row.bytes);
    const { data, occurredAt, metadata, orderingKey } = row;
    const fields = { data, tenant, occurredAt, metadata, orderingKey };
    return {
      source: 'outbox',
      // With the tenant: a copy of the database may publish for another one.
      id: `outbox\n${tenant ?? 'default'}\n${row.id}`,
      pushedAt: new Date(row.createdAtMs),
      type: row.type,
      payload: Object.fromEntries(
        Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      ),
      ...(rejection && { rejection }),
    };
  }

  async #maintain(): Promise<void> {
    const { source, report } = this.#deps;
    const nowMs = performance.now();
    for (const [position, dueAtMs] of this.#setAsideUntilMs)
      if (dueAtMs <= nowMs) this.#setAsideUntilMs.delete(position);
    if (this.#isDue('days', nowMs) || this.#days === null) this.#days = await readEventDays(this.#deps.pool);
    if (this.#isDue('bound', nowMs)) await source.advance();
    if (this.#isDue('rowsBelowBound', nowMs)) await source.check();
    if (this.#isDue('state', nowMs)) report(await source.state(this.#times()));
  }

  /** A part that fails is due again after its interval: one that is slow must not stop each run. */
  #isDue(part: MaintenancePart, nowMs: number): boolean {
    if (nowMs < (this.#dueAtMs.get(part) ?? 0)) return false;
    this.#dueAtMs.set(part, nowMs + INTERVALS_MS[part]);
    return true;
  }
}

const FOREIGN_TENANT = {
  code: 'unknown_tenant',
  message: 'The outbox is bound to another tenant',
} as const;
