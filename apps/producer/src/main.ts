import { producerConfig, redisSettings } from '@posthorn/contract';
import { groupCommit } from '@posthorn/core';
import {
  connect,
  isDataError,
  migrate,
  type Rejection,
  rejectEvents,
  retryTransient,
} from '@posthorn/database';
import { createAcceptor } from '@posthorn/fanout';
import { consumeEvents, consumeIntake, createDeliveryQueue } from '@posthorn/queue';
import { createTasks, poolGauges, runService, serveHealth } from '@posthorn/runtime';
import { createAnnouncer } from './announcer.js';
import { createAutoSuspend } from './auto-suspend.js';
import { maintain } from './maintenance.js';
import { producerMetrics } from './producer-metrics.js';
import { createReconciler } from './reconciler.js';
import { createReplayer } from './replayer.js';
import { createStatsKeeper } from './stats-keeper.js';
import { createTakePush } from './take-push.js';
import { tracePushes } from './trace-pushes.js';

const RECONCILE_EVERY_MS = 1000;
const PROMOTE_EVERY_MS = 500;
const REPLAY_EVERY_MS = 250;
const ANNOUNCE_EVERY_MS = 500;
const AUTO_SUSPEND_EVERY_MS = 60_000;
const COUNT_STATS_EVERY_MS = 10_000;
const MAINTAIN_EVERY_MS = 3_600_000;

await runService({
  name: 'producer',
  config: producerConfig,
  async start({ config, logger, registry, tracing }) {
    const redis = redisSettings(config);
    await migrate(config.databaseUrl);
    const url = config.databaseUrl;
    const database = connect({ url, applicationName: 'posthorn producer', max: 11 });
    const { pool } = database;
    const accepting = connect({
      url,
      applicationName: 'posthorn producer: accept',
      max: 1,
      genericPlans: true,
    });
    poolGauges(registry, { main: pool, accept: accepting.pool });
    const metrics = producerMetrics(registry);
    const queue = await createDeliveryQueue({
      ...redis,
      onError: (error) => logger.debug('delivery queue', { error }),
    });
    const acceptor = createAcceptor({
      pool,
      hotPathPool: accepting.pool,
      deliveries: queue,
      tracing,
      onEnqueueError: (error) => logger.warn('jobs could not be made: the reconciler will', { error }),
    });

    // While PostgreSQL is away pushes stay in Redis, and those in hand wait.
    const held = <T>(work: () => Promise<T>): Promise<T> =>
      retryTransient(work, { onRetry: (error) => logger.warn('waiting for PostgreSQL', { error }) });
    const takePush = tracePushes(
      tracing,
      createTakePush({
        accept: (event) => held(() => acceptor.accept(event)),
        reject: groupCommit(
          async (rejections: Rejection[]) => {
            await held(() => rejectEvents(pool, rejections));
            return rejections.map(() => undefined);
          },
          { isItemFault: isDataError },
        ),
        count: metrics.event,
      }),
    );

    const doors = {
      ...redis,
      onError: (error: Error) => logger.warn('redis', { error }),
    };
    const events = await consumeEvents({ ...doors, concurrency: config.producerConcurrency }, takePush);
    const intake = await consumeIntake(doors, takePush);

    const reconciler = createReconciler({ pool, queue, logger, metrics });
    const replay = createReplayer({ pool, queue, logger });
    const announce = createAnnouncer({ pool, acceptor, logger, metrics });
    const autoSuspend = createAutoSuspend({ pool, logger, metrics, now: () => new Date() });
    const aggregateStats = createStatsKeeper({ pool, now: () => new Date() });
    const retention = {
      recordDays: config.retentionDays,
      payloadDays: config.payloadRetentionDays,
      auditDays: config.auditRetentionDays,
    };
    const startTask = createTasks({ logger, registry });
    const tasks = [
      startTask('reconcile', RECONCILE_EVERY_MS, reconciler.reconcile),
      startTask('promote', PROMOTE_EVERY_MS, reconciler.promote),
      startTask('replay', REPLAY_EVERY_MS, replay),
      startTask('announce', ANNOUNCE_EVERY_MS, announce),
      startTask('auto_suspend', AUTO_SUSPEND_EVERY_MS, autoSuspend),
      startTask('count_stats', COUNT_STATS_EVERY_MS, aggregateStats),
      startTask('maintain', MAINTAIN_EVERY_MS, () => maintain({ pool, logger, metrics, retention })),
    ];
    const health = await serveHealth({
      config,
      registry,
      servers: { postgresql: () => pool.query('SELECT 1'), redis: () => queue.ping() },
    });

    return {
      async stop() {
        await Promise.all([events.stop(config.shutdownTimeoutMs), intake.stop(config.shutdownTimeoutMs)]);
        await Promise.all(tasks.map((task) => task.stop()));
        await acceptor.close();
        health.close();
        await queue.close();
        await Promise.all([database.close(), accepting.close()]);
      },
    };
  },
});
