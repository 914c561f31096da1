import { producerConfig } from '@posthorn/contract';
import { groupCommit } from '@posthorn/core';
import {
  connect,
  isDataFault,
  migrate,
  type Rejection,
  rejectEvents,
  untilAnswered,
} from '@posthorn/database';
import { createAcceptor } from '@posthorn/fanout';
import { consumeEvents, consumeIntake, createDeliveryQueue } from '@posthorn/queue';
import { runService, startHealthServer } from '@posthorn/runtime';
import { every } from './every.js';
import { maintain } from './maintenance.js';
import { createReconciler } from './reconciler.js';
import { createTakePush } from './take-push.js';

const RECONCILE_EVERY_MS = 1000;
const PROMOTE_EVERY_MS = 500;
const MAINTAIN_EVERY_MS = 3_600_000;

await runService({
  name: 'producer',
  config: producerConfig,
  async start({ config, logger, registry }) {
    await migrate(config.databaseUrl);
    const database = connect({ url: config.databaseUrl, applicationName: 'posthorn producer', max: 8 });
    const { pool } = database;
    const queue = await createDeliveryQueue({
      redisUrl: config.redisUrl,
      prefix: config.queuePrefix,
      onError: (error) => logger.debug('delivery queue', { error }),
    });
    const acceptor = createAcceptor({
      pool,
      deliveries: queue,
      onEnqueueError: (error) => logger.warn('jobs could not be made: the reconciler will', { error }),
    });

    // While PostgreSQL is away pushes stay in Redis, and those in hand wait.
    const held = <T>(work: () => Promise<T>): Promise<T> =>
      untilAnswered(work, { onWait: (error) => logger.warn('waiting for PostgreSQL', { error }) });
    const takePush = createTakePush({
      accept: (event) => held(() => acceptor.accept(event)),
      reject: groupCommit(
        async (rejections: Rejection[]) => {
          await held(() => rejectEvents(pool, rejections));
          return rejections.map(() => undefined);
        },
        { isItemFault: isDataFault },
      ),
    });

    const doors = {
      redisUrl: config.redisUrl,
      prefix: config.queuePrefix,
      onError: (error: Error) => logger.warn('redis', { error }),
    };
    const events = await consumeEvents({ ...doors, concurrency: config.producerConcurrency }, takePush);
    const intake = await consumeIntake(doors, takePush);

    const reconciler = createReconciler({ pool, queue, logger });
    const loops = [
      every(RECONCILE_EVERY_MS, reconciler.reconcile, (error) => logger.warn('reconciler', { error })),
      every(PROMOTE_EVERY_MS, reconciler.promote, (error) => logger.warn('promoter', { error })),
      every(
        MAINTAIN_EVERY_MS,
        () => maintain(pool, logger),
        (error) => logger.error('maintenance', { error }),
      ),
    ];
    const health =
      config.healthPort === 0
        ? null
        : await startHealthServer({
            port: config.healthPort,
            registry,
            metricsToken: config.metricsToken,
            ready: async () => {
              await Promise.all([pool.query('SELECT 1'), queue.ping()]);
            },
          });

    return {
      async stop() {
        await Promise.all([events.stop(config.shutdownTimeoutMs), intake.stop(config.shutdownTimeoutMs)]);
        await Promise.all(loops.map((loop) => loop.stop()));
        await acceptor.close();
        health?.close();
        await queue.close();
        await database.close();
      },
    };
  },
});
