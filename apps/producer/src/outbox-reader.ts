import {
  deleteFromOutbox,
  isTransient,
  OutboxBound,
  type OutboxPage,
  type OutboxRow,
  type OutboxState,
  type Pool,
  readOutbox,
  readOutboxState,
  withLease,
} from '@posthorn/database';
import { MAX_BYTES_IN_PROGRESS, MAX_PUSH_BYTES, rejectLarge } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import type { OutboxConfig } from '@posthorn/runtime/config';
import type { OutboxPush } from './ingest-push.js';

export interface OutboxReaderDeps {
  outbox: Pick<OutboxConfig, 'name' | 'tenant'>;
  /** Of the application. */
  outboxPool: Pool;
  pool: Pool;
  /** Resolves when the event, or its rejection, is durable. */
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
  /** Why others are not: PostgreSQL is unavailable. */
  error: unknown;
}

/** Rows read by one statement. */
const PAGE_ROWS = 500;

/** Two pages are in memory at a time. */
const PAGE_BYTES = MAX_BYTES_IN_PROGRESS / 2;

/** Maximum duration of one run, in milliseconds. A stop does not wait until a large outbox is empty. */
const MAX_RUN_MS = 1000;

/** How often the bound is raised and the state is read, in milliseconds. */
const BOUND_INTERVAL_MS = 1000;
const STATE_INTERVAL_MS = 5000;

/** A row that could not be ingested is read again after this time, in milliseconds. */
const RETRY_MS = 30_000;

const DAY_MS = 24 * 3_600_000;

/**
 * Publishes the rows of one outbox in the order of their positions, and deletes each when its event is durable. One producer does this at a
 * time; when two overlap, or a deletion fails, rows are ingested again and recognized as duplicates by their ids.
 */
export class OutboxReader {
  readonly #deps: OutboxReaderDeps;
  readonly #bound: OutboxBound;
  /** The positions of rows that could not be ingested, and when they are read again. */
  readonly #failed = new Map<string, number>();
  #boundDueAtMs = 0;
  #stateDueAtMs = 0;
  #isAvailable = true;

  constructor(deps: OutboxReaderDeps) {
    this.#deps = deps;
    this.#bound = new OutboxBound(deps.outboxPool);
  }

  /** Runs once, unless another producer reads the outbox. Resolves to whether there were rows. */
  async run(): Promise<boolean> {
    const { pool, outbox, logger, report } = this.#deps;
    let hadRows = false;
    await withLease(pool, `outbox ${outbox.name}`, async (signal) => {
      try {
        hadRows = await this.#read(signal);
        if (!this.#isAvailable) logger.info('outbox: reading again', { outbox: outbox.name });
        this.#isAvailable = true;
      } catch (error) {
        this.#bound.reset();
        report(null);
        if (this.#isAvailable) logger.warn('outbox: cannot be read', { outbox: outbox.name, error });
        this.#isAvailable = false;
      }
    });
    return hadRows;
  }

  async #read(signal: AbortSignal): Promise<boolean> {
    const endsAtMs = performance.now() + MAX_RUN_MS;
    await this.#maintain();
    let previous: Page = { rows: [], ingested: Promise.resolve({ durable: [], error: null }) };
    let hadRows = false;
    try {
      while (!signal.aborted && performance.now() < endsAtMs) {
        const rows = await readOutbox(this.#deps.outboxPool, this.#nextPage(previous.rows));
        if (rows.length === 0) break;
        hadRows = true;
        const page = { rows, ingested: this.#ingest(rows) };
        await this.#delete(previous);
        previous = page;
      }
    } finally {
      await this.#delete(previous);
    }
    return hadRows;
  }

  #nextPage(inProgress: readonly OutboxRow[]): OutboxPage {
    return {
      ...this.#times(),
      after: this.#bound.value,
      except: [...inProgress.map(({ position }) => position), ...this.#failed.keys()],
      limit: PAGE_ROWS,
      maxRowBytes: MAX_PUSH_BYTES,
      maxBytes: PAGE_BYTES,
    };
  }

  /** The day of an older row may be dropped soon, or has no partition any more; the same holds for one that is far ahead. */
  #times(): Pick<OutboxPage, 'createdFrom' | 'createdTo'> {
    const nowMs = Date.now();
    const keptDays = Math.max(this.#deps.retentionDays - 1, 1);
    return {
      createdFrom: new Date(nowMs - keptDays * DAY_MS),
      createdTo: new Date(nowMs + DAY_MS),
    };
  }

  async #ingest(rows: readonly OutboxRow[]): Promise<Ingested> {
    const ingested: Ingested = { durable: [], error: null };
    const results = await Promise.allSettled(rows.map((row) => this.#deps.ingest(this.#toPush(row))));
    for (const [index, row] of rows.entries()) {
      const result = results[index];
      if (result?.status !== 'rejected') ingested.durable.push(row);
      else if (isTransient(result.reason)) ingested.error = result.reason;
      else this.#setAside(row, result.reason);
    }
    return ingested;
  }

  #setAside(row: OutboxRow, error: unknown): void {
    const context = { outbox: this.#deps.outbox.name, row: row.id, error };
    this.#deps.logger.warn('outbox: a row could not be ingested, and is read again later', context);
    this.#failed.set(row.position, performance.now() + RETRY_MS);
  }

  /** Deletes the durable rows of a page when all are ingested. @throws if some are not because PostgreSQL is unavailable */
  async #delete({ ingested }: Page): Promise<void> {
    const { durable, error } = await ingested;
    if (durable.length > 0) await deleteFromOutbox(this.#deps.outboxPool, durable);
    if (error !== null) throw error;
  }

  #toPush(row: OutboxRow): OutboxPush {
    const { outbox } = this.#deps;
    const isForeign = outbox.tenant !== null && row.tenant !== null && row.tenant !== outbox.tenant;
    const rejection = isForeign ? FOREIGN_TENANT : rejectLarge(row.bytes);
    const fields = {
      data: row.data,
      tenant: row.tenant ?? outbox.tenant,
      occurredAt: row.occurredAt?.toISOString(),
      metadata: row.metadata,
    };
    return {
      source: 'outbox',
      id: `outbox\n${row.id}`,
      pushedAt: row.createdAt,
      type: row.type,
      payload: Object.fromEntries(
        Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      ),
      ...(rejection && { rejection }),
    };
  }

  async #maintain(): Promise<void> {
    const nowMs = performance.now();
    for (const [position, dueAtMs] of this.#failed) if (dueAtMs <= nowMs) this.#failed.delete(position);
    if (nowMs >= this.#boundDueAtMs) {
      await this.#bound.advance();
      this.#boundDueAtMs = nowMs + BOUND_INTERVAL_MS;
    }
    if (nowMs >= this.#stateDueAtMs) {
      this.#deps.report(await readOutboxState(this.#deps.outboxPool, this.#times()));
      this.#stateDueAtMs = nowMs + STATE_INTERVAL_MS;
    }
  }
}

const FOREIGN_TENANT = {
  code: 'unknown_tenant',
  message: 'The outbox is bound to another tenant',
} as const;
