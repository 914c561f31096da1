import { type Acceptor, openPublishQuotas } from '@posthorn/fanout';
import { flowNowMs, RetryPriorities, type StartOrReturn } from '@posthorn/flow';
import { consumeEvents, consumeIntake } from '@posthorn/queue';
import type { ServiceContext } from '@posthorn/runtime';
import {
  defaultEventQuotas,
  emailSettings,
  payloadSettings,
  type ProducerConfig,
  redisSettings,
} from '@posthorn/runtime/config';
import { createIngestPush } from './pushes/ingest-push.js';
import { openOutboxes } from './outboxes/open-outboxes.js';
import { openAcceptor, openPools, openRedis, type Pools, type RedisParts } from './servers/open-servers.js';
import { type ProducerMetrics, producerMetrics } from './metrics/producer-metrics.js';
import { createPushStore } from './pushes/push-store.js';
import { startTasks } from './start-tasks.js';
import { tracePushes } from './pushes/trace-pushes.js';

/**
 * Opens the parts of a producer: the readers of pushes and the background tasks.
 * @param startOrReturn starts deliveries in this process, if it has a worker
 */
export async function startProducer(
  context: ServiceContext<ProducerConfig>,
  startOrReturn?: StartOrReturn,
): Promise<void> {
  // Settings that contradict each other are reported before anything is opened.
  const { config } = context;
  const settings = {
    redis: redisSettings(config),
    email: emailSettings(config),
    payloads: payloadSettings(config),
  };
  const metrics = producerMetrics(context.registry);
  const pools = await openPools(context, settings.payloads);
  const redis = await openRedis(context, settings.redis, pools);
  const acceptor = await openAcceptor(context, { pools, queue: redis.queue, startOrReturn });
  const priorities = new RetryPriorities(flowNowMs);
  await startTasks({ ...context, ...pools, ...redis, acceptor, metrics, priorities, email: settings.email });
  // Before the readers of pushes, which stop first and do not wait for the database of an application.
  await openOutboxes(context, { ...pools, acceptor, metrics });
  const { doorbell } = redis;
  await startReaders(context, { ...pools, redis: settings.redis, doorbell, acceptor, metrics });
}

interface ReaderDeps extends Pick<Pools, 'pool' | 'payloadKeys'>, Pick<RedisParts, 'doorbell'> {
  redis: ReturnType<typeof redisSettings>;
  acceptor: Acceptor;
  metrics: ProducerMetrics;
}

/** Starts to read the pushed events. */
async function startReaders(
  { config, logger, tracing, parts }: ServiceContext<ProducerConfig>,
  { redis, pool, payloadKeys, doorbell, acceptor, metrics }: ReaderDeps,
): Promise<void> {
  const quotas = await parts.open(
    openPublishQuotas({
      ...redis,
      pool,
      defaults: defaultEventQuotas(config),
      onError: (error) => logger.warn('tenant rate limits are not enforced', { error }),
    }),
  );
  const store = createPushStore({
    pool,
    payloadKeys,
    acceptor,
    quotas,
    onRetry: (error) => logger.warn('waiting for PostgreSQL', { error }),
  });
  const ingest = tracePushes(tracing, createIngestPush({ ...store, count: metrics.event }));
  const consumer = { ...redis, doorbell, onError: (error: Error) => logger.warn('redis', { error }) };
  await parts.open(consumeEvents({ ...consumer, concurrency: config.producerConcurrency }, ingest));
  await parts.openAlongside(consumeIntake(consumer, ingest));
}
