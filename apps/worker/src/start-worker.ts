import { randomUUID } from 'node:crypto';
import { rememberOpened } from '@posthorn/core';
import { connect, ping, PROMPT_STATEMENTS } from '@posthorn/database/connection';
import {
  KEY_REPORT_INTERVAL_MS,
  openPayloadKeys,
  openSealer,
  registerKey,
} from '@posthorn/database/encryption';
import { migrate } from '@posthorn/database/server';
import { ensureInstallationId } from '@posthorn/database/settings';
import {
  AccessTokens,
  createReleaser,
  createSlotStore,
  createUtilizationMeter,
  flowNowMs,
  openTaskShares,
  Quarantine,
  RetryPriorities,
  type StartOrReturn,
} from '@posthorn/flow';
import { createSender, type OutboundRequest, type Sender } from '@posthorn/outbound';
import { createDeliveryQueue, openDoorbell, wakeStream } from '@posthorn/queue';
import {
  createTasks,
  poolGauges,
  poolSizeOf,
  quarantineGauge,
  type ServiceContext,
  serveHealth,
} from '@posthorn/runtime';
import {
  assertSeparateKeys,
  outboundProxy,
  outboundRules,
  payloadSettings,
  redisSettings,
  type WorkerConfig,
} from '@posthorn/runtime/config';
import { ROOM_REPORT_INTERVAL_MS, WorkerRoom } from './lanes/worker-room.js';
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
  const payloads = payloadSettings(config);
  assertSeparateKeys(config);
  const worker = randomUUID();
  const quarantine = new Quarantine(logger);
  const database = await openDatabase(context, quarantine);
  const { pool } = database;
  const sealer = rememberOpened(await openSealer(pool, 'encryption', config.encryptionKeys));
  const payloadKeys = await openPayloadKeys(pool, payloads);
  const queue = await openQueue(context, await ensureInstallationId(pool));
  await parts.open(quarantine.open({ pool, erasures: queue }));
  quarantineGauge(registry, quarantine);
  await parts.open(
    serveHealth({
      config,
      registry,
      servers: { postgresql: () => ping(pool), redis: () => queue.ping() },
      quarantine,
    }),
  );
  const held = wakeStream(redis.prefix, 'workers');
  const doorbell = await parts.open(openDoorbell({ ...redis, streams: [held] }));
  const slots = await parts.open(createSlotStore(redis));
  const shares = await parts.open(openTaskShares(redis, worker));

  const priorities = new RetryPriorities(flowNowMs);
  const permits = createPermits(context);
  const sender = await parts.open<Sender>(
    createSender(outboundRules(config), { proxy: outboundProxy(config) }),
  );
  const send = (request: OutboundRequest) => sender.send(request);
  const utilization = createUtilizationMeter();
  const room = new WorkerRoom({ shares, utilization });
  const startOrReturn = await openDeliveries(context, {
    database,
    payloadKeys,
    queue,
    slots,
    priorities,
    permits,
    sealer,
    sender,
    tokens: await parts.open(new AccessTokens({ pool, sealer, send, logger })),
    quarantine,
    utilization,
    room,
    worker,
  });
  const tasks = await parts.openAlongside(createTasks({ logger, registry }));
  tasks.run('report_room', ROOM_REPORT_INTERVAL_MS, () => room.report());
  tasks.run('register_keys', KEY_REPORT_INTERVAL_MS, () => registerKey(pool, 'encryption', sealer));
  if (payloadKeys.encrypts)
    tasks.run('register_payload_keys', KEY_REPORT_INTERVAL_MS, () => payloadKeys.register());
  const releaser = createReleaser({ pool, queue, priorities, permits, shares, store: slots });
  doorbell.on(held, tasks.run('release', RELEASE_PAUSES, releaser));
  return startOrReturn;
}

async function openDatabase(
  { config, registry, group, parts }: ServiceContext<WorkerConfig>,
  { onSession }: Quarantine,
) {
  const url = config.databaseUrl;
  await migrate(url, config);
  const { pool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn worker',
      max: poolSizeOf(6, group),
      onSession,
      ...PROMPT_STATEMENTS,
    }),
  );
  const { pool: hotPathPool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn worker: deliveries',
      max: 2,
      genericPlans: true,
      onSession,
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
