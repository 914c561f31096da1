import { randomUUID } from 'node:crypto';
import { createSealer, rememberOpened } from '@posthorn/core';
import {
  assertEncryptionKey,
  connect,
  ensureInstallationId,
  migrate,
  PROMPT_STATEMENTS,
} from '@posthorn/database';
import {
  createReleaser,
  createSlotStore,
  flowNowMs,
  openTaskShares,
  RetryPriorities,
  type StartOrReturn,
} from '@posthorn/flow';
import { createSender, type Sender } from '@posthorn/outbound';
import { createDeliveryQueue, openDoorbell, wakeStream } from '@posthorn/queue';
import { createTasks, poolGauges, poolSizeOf, type ServiceContext, serveHealth } from '@posthorn/runtime';
import { outboundRules, redisSettings, type WorkerConfig } from '@posthorn/runtime/config';
import { createPermits, openDeliveries } from './open-deliveries.js';

/** While no delivery is held, the doorbell ends the pause. */
const RELEASE_PAUSES = { intervalMs: 100, maxIntervalMs: 5000 };

/**
 * Opens the parts of a worker: the lanes that run deliveries and the release of held ones. Returns the function that starts deliveries
 * which another part of this process has just stored.
 */
export async function startWorker(context: ServiceContext<WorkerConfig>): Promise<StartOrReturn> {
  const { config, logger, registry, parts } = context;
  const redis = redisSettings(config);
  const worker = randomUUID();
  const database = await openDatabase(context);
  const { pool } = database;
  const sealer = rememberOpened(createSealer(config.encryptionKey));
  await assertEncryptionKey(pool, sealer);
  const queue = await openQueue(context, await ensureInstallationId(pool));
  await parts.open(
    serveHealth({
      config,
      registry,
      servers: { postgresql: () => pool.query('SELECT 1'), redis: () => queue.ping() },
    }),
  );
  const held = wakeStream(redis.prefix, 'workers');
  const doorbell = await parts.open(openDoorbell({ ...redis, streams: [held] }));
  const slots = await parts.open(createSlotStore(redis));
  const shares = await parts.open(openTaskShares(redis, worker));

  const priorities = new RetryPriorities(flowNowMs);
  const permits = createPermits(context);
  const startOrReturn = await openDeliveries(context, {
    database,
    queue,
    slots,
    priorities,
    permits,
    sealer,
    sender: await parts.open<Sender>(createSender(outboundRules(config))),
    worker,
  });
  const tasks = await parts.openAlongside(createTasks({ logger, registry }));
  const releaser = createReleaser({ pool, queue, priorities, permits, shares, store: slots });
  doorbell.on(held, tasks.run('release', RELEASE_PAUSES, releaser));
  return startOrReturn;
}

async function openDatabase({ config, registry, group, parts }: ServiceContext<WorkerConfig>) {
  const url = config.databaseUrl;
  await migrate(url, config);
  const { pool } = await parts.open(
    connect({ url, applicationName: 'posthorn worker', max: poolSizeOf(6, group), ...PROMPT_STATEMENTS }),
  );
  const { pool: hotPathPool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn worker: deliveries',
      max: 2,
      genericPlans: true,
      ...PROMPT_STATEMENTS,
    }),
  );
  poolGauges(registry, { main: pool, deliveries: hotPathPool });
  return { pool, hotPathPool };
}

async function openQueue({ config, logger, parts }: ServiceContext<WorkerConfig>, installationId: string) {
  const onError = (error: Error) => logger.debug('delivery queue error', { error });
  const queue = await parts.open(createDeliveryQueue({ ...redisSettings(config), onError }));
  await queue.claimPrefix(installationId);
  return queue;
}
