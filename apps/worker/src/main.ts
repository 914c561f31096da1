import { randomUUID } from 'node:crypto';
import { outboundRules, redisSettings, workerConfig } from '@posthorn/contract';
import { createSealer, Deadline, encodeId, LANES, rememberOpened, settlesWithin } from '@posthorn/core';
import { assertEncryptionKey, connect, migrate, recordHealth } from '@posthorn/database';
import { createReleaser, createSlotStore, SLOW_AFTER_MS, WebhookLimiter } from '@posthorn/flow';
import { createSender, type Sender } from '@posthorn/outbound';
import { createDeliveryQueue } from '@posthorn/queue';
import { createTasks, poolGauges, runService, serveHealth } from '@posthorn/runtime';
import { createDatabaseSteps } from './database-steps.js';
import { createDeliver } from './deliver.js';
import { createHealthNotes } from './health-notes.js';
import { startLanes } from './lanes.js';
import { leaveEarly } from './leave-early.js';
import { oneAtATime } from './one-at-a-time.js';
import { createAttemptReport } from './report-attempt.js';
import { RequestsUnderWay } from './requests-under-way.js';
import { createAttemptTracer } from './trace-attempts.js';
import { workerMetrics } from './worker-metrics.js';

/** A request that takes longer may have to give its place in the lane back, in milliseconds. */
const LATE_AFTER_MS = 250;

/** Requests of this process that may go on without a place in a lane. */
const MAX_LEFT_EARLY = 1000;

const RELEASE_EVERY_MS = 100;

/** How long handing over what outlasts the deadline may take, in milliseconds: Redis may be away. */
const HAND_OVER_MS = 500;

const monotonicMs = (): number => performance.now();

await runService({
  name: 'worker',
  config: workerConfig,
  async start({ config, logger, registry, tracing }) {
    const redis = redisSettings(config);
    await migrate(config.databaseUrl);
    const url = config.databaseUrl;
    const database = connect({ url, applicationName: 'posthorn worker', max: 6 });
    const { pool } = database;
    const hotPathDatabase = connect({
      url,
      applicationName: 'posthorn worker: deliveries',
      max: 2,
      genericPlans: true,
    });
    const sealer = rememberOpened(createSealer(config.encryptionKey));
    await assertEncryptionKey(pool, sealer);
    const queue = await createDeliveryQueue({
      ...redis,
      onError: (error) => logger.debug('delivery queue', { error }),
    });
    const store = await createSlotStore(redis);
    const sender: Sender = createSender(outboundRules(config));

    const worker = randomUUID();
    const metrics = workerMetrics(registry);
    const steps = createDatabaseSteps({ pool, hotPathPool: hotPathDatabase.pool, logger, metrics });
    const health = createHealthNotes({
      write: (notes) => recordHealth(pool, notes),
      onError: (error) => logger.warn('the health of webhooks was not noted', { error }),
    });
    const pace = new WebhookLimiter({
      store,
      worker,
      setSlow({ id, epoch }, slow) {
        const webhookId = encodeId('webhook', id);
        logger.info(slow ? 'webhook goes into the slow lane' : 'webhook leaves the slow lane', { webhookId });
        void steps.setSlow({ id, epoch, slow });
      },
      laneIsFull: () => LANES.some((lane) => early.isFull(lane)),
      onError: (error) => logger.warn('waiting for Redis', { error }),
      nowMs: Date.now,
    });
    const underWay = new RequestsUnderWay({ lateMs: LATE_AFTER_MS, overdueMs: SLOW_AFTER_MS }, monotonicMs);
    const reportAttempt = createAttemptReport({
      logger,
      registry,
      logSuccesses: config.logAttempts === 'all',
    });

    const deliver = createDeliver({
      ...steps,
      pace,
      send: (request) => sender.send(request),
      underWay,
      onAttempt(report) {
        reportAttempt(report);
        const { id, failingSince } = report.loaded.webhook;
        const ok = report.decision.kind === 'succeeded';
        health.noteHealth({ webhookId: id, failingSince, ok, at: new Date() });
      },
      traceAttempt: createAttemptTracer({ tracing, tellReceivers: config.sendTraceparent }),
      sealer,
      now: () => new Date(),
      monotonicMs,
      random: Math.random,
    });
    const places = {
      fast: config.workerConcurrency,
      slow: config.workerSlowConcurrency,
      retry: config.workerRetryConcurrency,
      replay: config.workerReplayConcurrency,
    };
    const early = leaveEarly(
      { queue, places, max: MAX_LEFT_EARLY, onError: (error) => logger.warn('queue', { error }) },
      oneAtATime(deliver),
    );
    metrics.watch({ early, pace, places });
    poolGauges(registry, { main: pool, deliveries: hotPathDatabase.pool });

    const lanes = await startLanes(
      { ...redis, enqueue: (jobs) => queue.enqueue(jobs), places, logger },
      (task) => early.run(task),
    );
    const tasks = createTasks({ logger, registry });
    tasks.run('release', RELEASE_EVERY_MS, createReleaser({ pool, queue, store, worker }));
    const healthServer = await serveHealth({
      config,
      registry,
      servers: { postgresql: () => pool.query('SELECT 1'), redis: () => queue.ping() },
    });

    return {
      async stop() {
        const deadline = new Deadline(config.shutdownTimeoutMs);
        await Promise.all([tasks.stop(), lanes.stop(deadline)]);
        if (!(await settlesWithin(early.idle(), deadline.remainingMs))) {
          await settlesWithin(early.handOver(), HAND_OVER_MS);
        }
        underWay.stop();
        await pace.stop();
        await health.stop();
        await store.stop();
        await queue.stop();
        await healthServer.stop(deadline);
        await sender.stop();
        await Promise.all([database.stop(), hotPathDatabase.stop()]);
      },
    };
  },
});
