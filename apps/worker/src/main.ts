import { outboundRules, workerConfig } from '@posthorn/contract';
import { createSealer, groupCommit, rememberOpened } from '@posthorn/core';
import {
  type AttemptRecord,
  connect,
  dropPending,
  isDataFault,
  loadDeliveries,
  migrate,
  recordAttempts,
  settleDeliveries,
  suspendWebhook,
  untilAnswered,
  verifyEncryptionKey,
} from '@posthorn/database';
import { createSender } from '@posthorn/outbound';
import { consumeDeliveries, type TaskResult } from '@posthorn/queue';
import { runService, startHealthServer } from '@posthorn/runtime';
import { createDeliver } from './deliver.js';
import { oneAtATime } from './one-at-a-time.js';
import { afterRecord, type RecordRequest, toAttemptRecord, withoutTexts } from './record.js';
import { createAttemptReport } from './report-attempt.js';

await runService({
  name: 'worker',
  config: workerConfig,
  async start({ config, logger, registry }) {
    await migrate(config.databaseUrl);
    const database = connect({ url: config.databaseUrl, applicationName: 'posthorn worker', max: 6 });
    const { pool } = database;
    const sealer = rememberOpened(createSealer(config.encryptionKey));
    await verifyEncryptionKey(pool, sealer);
    const sender = createSender(outboundRules(config));

    // While PostgreSQL is away the jobs in flight wait here, outcomes in hand, and no new ones are taken.
    const held = <T>(work: () => Promise<T>): Promise<T> =>
      untilAnswered(work, { onWait: (error) => logger.warn('waiting for PostgreSQL', { error }) });

    // What was sent must be written down before anything else, or it would be sent again: any fault but one of the rows
    // themselves is waited out, and a row at fault is written without its texts.
    const write = (records: AttemptRecord[]) =>
      untilAnswered(() => recordAttempts(pool, records), {
        again: (error) => !isDataFault(error),
        onWait: (error) => logger.warn('an outcome waits to be recorded', { error }),
      });
    const record = groupCommit(
      async (requests: RecordRequest[]): Promise<TaskResult[]> => {
        const records = requests.map(toAttemptRecord);
        const statuses = await write(records).catch((error: unknown) => {
          if (records.length > 1) throw error;
          return write(records.map(withoutTexts));
        });
        return records.map((attempt, index) => afterRecord(attempt, statuses[index]));
      },
      { isItemFault: isDataFault },
    );

    const deliver = createDeliver({
      load: groupCommit((ids: string[]) => held(() => loadDeliveries(pool, ids))),
      send: (request) => sender.send(request),
      record,
      settle: groupCommit((settlements) =>
        held(() => settleDeliveries(pool, settlements)).then(() => settlements.map(() => undefined)),
      ),
      async suspendGone(webhook) {
        const epoch = await held(() => suspendWebhook(pool, { ...webhook, reason: 'gone' }));
        if (epoch !== null) await dropPending(pool, { webhookId: webhook.id, epoch, reason: 'suspended' });
      },
      onAttempt: createAttemptReport(logger, registry),
      sealer,
      now: () => new Date(),
      monotonicMs: () => performance.now(),
      random: Math.random,
    });

    const consumer = await consumeDeliveries(
      {
        redisUrl: config.redisUrl,
        prefix: config.queuePrefix,
        concurrency: config.workerConcurrency,
        onError: (error) => logger.warn('queue', { error }),
      },
      oneAtATime(deliver),
    );
    const health =
      config.healthPort === 0
        ? null
        : await startHealthServer({
            port: config.healthPort,
            registry,
            metricsToken: config.metricsToken,
            ready: async () => {
              await pool.query('SELECT 1');
            },
          });

    return {
      async stop() {
        await consumer.stop(config.shutdownTimeoutMs);
        health?.close();
        sender.close();
        await database.close();
      },
    };
  },
});
