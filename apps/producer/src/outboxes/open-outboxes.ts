import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import { rejectEvents } from '@posthorn/database/events';
import { openOutbox, type OutboxSource, type OutboxState } from '@posthorn/database/outbox';
import type { Acceptor } from '@posthorn/fanout';
import { createTasks, type ServiceContext, type Tasks } from '@posthorn/runtime';
import { type OutboxConfig, payloadRetentionDays, type ProducerConfig } from '@posthorn/runtime/config';
import { acceptInOrder } from './accept-in-order.js';
import { createIngestPush } from '../pushes/ingest-push.js';
import { OutboxReader, PAGE_ROWS } from './outbox-reader.js';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import { tracePushes } from '../pushes/trace-pushes.js';

interface OutboxDeps {
  pool: Pool;
  payloadKeys: PayloadKeys;
  acceptor: Pick<Acceptor, 'acceptEach'>;
  metrics: Pick<ProducerMetrics, 'outbox' | 'event'>;
}

/** A row of an outbox in use is read within the first pause; of an idle one, within the second. In milliseconds. */
const PAUSES = { intervalMs: 20, maxIntervalMs: 1000 };

/** Long enough to pass millions of deleted rows after a start, while an old snapshot keeps them. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** Starts to read the outboxes of applications. */
export async function openOutboxes(
  { config, logger, registry, tracing, parts }: ServiceContext<ProducerConfig>,
  { pool, payloadKeys, acceptor, metrics }: OutboxDeps,
): Promise<void> {
  if (config.outboxes.length === 0) return;
  const retentionDays = payloadRetentionDays(config);
  const createIngest = () =>
    tracePushes(
      tracing,
      createIngestPush({
        accept: acceptInOrder(acceptor, PAGE_ROWS),
        // An outbox is emptied as fast as possible: meanwhile it grows in the database of the application.
        delayOf: () => Promise.resolve(0),
        reject: (rejection) => rejectEvents(pool, [rejection], payloadKeys),
        count: metrics.event,
      }),
    );
  const sources = new Map<OutboxConfig, OutboxSource>();
  for (const outbox of config.outboxes) {
    const source = await openOutbox({
      url: outbox.url,
      applicationName: 'posthorn outbox',
      max: 2,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    sources.set(outbox, await parts.open(source));
  }
  // After all sources, so that the reads stop before them.
  const tasks = await parts.open(createTasks({ logger, registry }));
  for (const [outbox, source] of sources) {
    const report = (state: OutboxState | null) => metrics.outbox(outbox.name, state);
    const ingest = createIngest();
    const reader = new OutboxReader({ outbox, source, pool, ingest, retentionDays, report, logger });
    keepReading(tasks, { name: outbox.name, source, reader });
  }
}

interface Reading {
  name: string;
  source: Pick<OutboxSource, 'onRows'>;
  reader: Pick<OutboxReader, 'run' | 'isStandby'>;
}

/** Reads an outbox again after each pause, and at once when it gets rows and notifies, unless another producer reads it. */
export function keepReading(tasks: Pick<Tasks, 'run'>, { name, source, reader }: Reading): void {
  const wake = tasks.run(`outbox ${name}`, PAUSES, () => reader.run());
  source.onRows(() => {
    if (!reader.isStandby) wake();
  });
}
