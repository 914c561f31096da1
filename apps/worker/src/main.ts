import { outboundRules, workerConfig } from '@posthorn/contract';
import { createSealer, groupCommit, rememberOpened } from '@posthorn/core';
import {
  connect,
  dropPending,
  loadDeliveries,
  migrate,
  recordAttempts,
  settleDeliveries,
  suspendWebhook,
  untilAnswered,
  verifyEncryptionKey,
} from '@posthorn/database';
import { createSender } from '@posthorn/outbound';
import { consumeDeliveries } from '@posthorn/queue';
import { runService, startHealthServer } from '@posthorn/runtime';
import { createDeliver } from './deliver.js';
import { afterRecord, type Recorded, type RecordRequest, toAttemptRecord } from './record.js';
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

    const record = groupCommit(async (requests: RecordRequest[]): Promise<Recorded[]> => {
      const records = requests.map(toAttemptRecord);
      const statuses = await held(() => recordAttempts(pool, records));
      return records.map((attempt, index) => afterRecord(attempt, statuses[index]));
    });

    const deliver = createDeliver({
      load: groupCommit((ids: string[]) => held(() => loadDeliveries(pool, ids))),
      send: (request) => sender.send(request),
      record,
      settle: groupCommit((settlements) =>
        held(() => settleDeliveries(pool, settlements)).then(() => settlements.map(() => undefined)),
      ),
      async suspendGone(webhookId) {
        const suspended = await held(() => suspendWebhook(pool, { webhookId, reason: 'gone' }));
        if (suspended) await dropPending(pool, { webhookId, reason: 'suspended' });
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
      deliver,
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
