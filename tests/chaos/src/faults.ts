import { setTimeout as sleep } from 'node:timers/promises';
import type { SupervisedProcess } from '@posthorn/local';
import type { StalledConnection } from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { ownerOf } from './connection-owner.js';
import type { EventReceiver } from './event-receiver.js';
import type { Publisher } from './publisher.js';
import type { Random } from './random.js';
import type { SetRedisClock } from './redis-clock.js';
import type { System, Topology } from './system.js';
import type { Toggling } from './webhook-churn.js';

/** The parts of the system that a fault can act on. */
export interface FaultContext {
  system: System;
  publisher: Publisher;
  toggling: Toggling;
  /** Receivers that may be disconnected. */
  receivers: EventReceiver[];
  random: Random;
}

export interface FaultResult {
  /** Details for the line of the round. */
  detail: string;
  /** The most deliveries that may arrive twice because of it; see the table in docs/proofs.md. */
  maxDuplicates: number;
}

/** Injects a fault and resolves when it has ended, though recovery may still be in progress. */
export type Fault = (context: FaultContext) => Promise<FaultResult>;

/** A job's lock expires after 15 s, and stalled jobs are detected every 5 s. */
const LONGER_THAN_A_LOCK_MS = 22_000;

/** A Redis connection without traffic is closed after 20 s. */
const LONGER_THAN_REDIS_TIMEOUT_MS = 25_000;

/** PostgreSQL ends the transactions of a silent process after 2 s, and leases expire after 3 s. */
const LONGER_THAN_A_LEASE_MS = 8000;

/** Statements in which a process is frozen or cut off. PostgreSQL runs them, but their responses do not arrive. */
const STATEMENTS = {
  /** Of a worker, which enqueues the released deliveries afterward. */
  release: 'SET held = false',
  /** Of a producer, which runs a task afterward. */
  lease: 'INSERT INTO task_lease',
  /** Of the API: the first of a transaction that changes a webhook. */
  change: 'FOR UPDATE) AS locked',
};

const DAY_MS = 86_400_000;

/** Returns the most deliveries that run in a process: none if it is no worker. */
const inWorker = ({ workers, workerConcurrency }: System, process: SupervisedProcess): number =>
  workers.includes(process) ? workerConcurrency : 0;

/** The most deliveries that all workers run at once. */
const totalConcurrency = ({ workers, workerConcurrency }: System): number =>
  workers.length * workerConcurrency;

export const FAULTS: Record<string, Fault> = {
  async 'worker killed'({ system, random }) {
    const worker = random.pick(system.workers);
    await kill(worker);
    return { detail: worker.name, maxDuplicates: system.workerConcurrency };
  },

  async 'worker killed while PostgreSQL is down'({ system, random }) {
    const worker = random.pick(system.workers);
    const postgresRestarted = kill(system.postgres);
    // By now the worker has outcomes that it cannot record.
    await sleep(200);
    await Promise.all([postgresRestarted, kill(worker)]);
    return { detail: worker.name, maxDuplicates: system.workerConcurrency };
  },

  async 'producer killed'({ system }) {
    await kill(system.producer);
    return { detail: '', maxDuplicates: inWorker(system, system.producer) };
  },

  async 'API killed'({ system }) {
    await kill(system.api);
    return { detail: '', maxDuplicates: inWorker(system, system.api) };
  },

  async 'all services killed'({ system }) {
    const services = new Set([system.api, system.producer, ...system.workers]);
    await Promise.all([...services].map(kill));
    return { detail: 'API, producer, workers', maxDuplicates: totalConcurrency(system) };
  },

  async 'Redis killed'({ system, publisher }) {
    const restarted = kill(system.redis);
    publisher.unreadLost();
    await restarted;
    return { detail: '', maxDuplicates: totalConcurrency(system) };
  },

  async 'Redis flushed'(context) {
    await flushRedis(context);
    return { detail: 'FLUSHALL', maxDuplicates: totalConcurrency(context.system) };
  },

  async 'Redis flushed and a worker killed'(context) {
    const worker = context.random.pick(context.system.workers);
    const restarted = kill(worker);
    await flushRedis(context);
    await restarted;
    return { detail: worker.name, maxDuplicates: totalConcurrency(context.system) };
  },

  async 'PostgreSQL killed'({ system }) {
    await kill(system.postgres);
    return { detail: '', maxDuplicates: 0 };
  },

  async 'worker frozen'({ system, random }) {
    const worker = random.pick(system.workers);
    await freeze(worker, sleep(LONGER_THAN_A_LOCK_MS));
    return {
      detail: `${worker.name} for ${LONGER_THAN_A_LOCK_MS / 1000} s`,
      maxDuplicates: system.workerConcurrency,
    };
  },

  async 'workers frozen while a webhook is suspended'({ system, toggling }) {
    const { responded } = await toggling.nextSuspend();
    // Some workers have read the webhook as active, and may act on that when they continue.
    await Promise.all(system.workers.map((worker) => freeze(worker, responded)));
    return { detail: 'until the suspend call returns', maxDuplicates: 0 };
  },

  async 'receiver down'({ receivers, random }) {
    const receiver = random.pick(receivers);
    const inFlight = receiver.inFlight();
    await receiver.disconnect();
    await sleep(3000 + random.below(5000));
    await receiver.reconnect();
    return { detail: `${inFlight} requests in flight`, maxDuplicates: inFlight };
  },

  async 'Redis unreachable'({ system }) {
    system.redisProxy.cut();
    await sleep(LONGER_THAN_REDIS_TIMEOUT_MS);
    system.redisProxy.heal();
    return {
      detail: `for ${LONGER_THAN_REDIS_TIMEOUT_MS / 1000} s`,
      maxDuplicates: totalConcurrency(system),
    };
  },

  async 'PostgreSQL unreachable'({ system }) {
    system.postgresProxy.cut();
    await sleep(10_000);
    system.postgresProxy.heal();
    return { detail: 'for 10 s', maxDuplicates: 0 };
  },

  async 'PostgreSQL vanished silently'({ system }) {
    system.postgresProxy.vanish();
    return { detail: 'all connections dead, none closed', maxDuplicates: 0 };
  },

  async 'worker frozen while it releases deliveries'({ system, random }) {
    const connection = await stallAt(system, 'release');
    const worker = ownerOf(connection, system.workers) ?? random.pick(system.workers);
    await freeze(worker, sleep(LONGER_THAN_A_LOCK_MS));
    connection.resume();
    return { detail: worker.name, maxDuplicates: system.workerConcurrency };
  },

  async 'producer frozen in a task'({ system }) {
    const connection = await stallAt(system, 'lease');
    await freeze(system.producer, sleep(LONGER_THAN_A_LEASE_MS));
    connection.resume();
    return {
      detail: `for ${LONGER_THAN_A_LEASE_MS / 1000} s`,
      maxDuplicates: inWorker(system, system.producer),
    };
  },

  async 'API frozen in a transaction'({ system }) {
    const connection = await stallAt(system, 'change');
    await freeze(system.api, sleep(LONGER_THAN_A_LEASE_MS));
    connection.resume();
    return { detail: `for ${LONGER_THAN_A_LEASE_MS / 1000} s`, maxDuplicates: inWorker(system, system.api) };
  },

  async 'connections cut off in transactions'({ system }) {
    await Promise.all([stallAt(system, 'release'), stallAt(system, 'lease'), stallAt(system, 'change')]);
    return { detail: 'of a worker, the producer and the API', maxDuplicates: 0 };
  },

  'clock skewed': (context) => {
    const { setRedisClock } = context.system;
    return setRedisClock && context.random.chance(25)
      ? stepRedisClock(context, setRedisClock)
      : stepClock(context, 90_000);
  },

  'clock set to another day': (context) => stepClock(context, DAY_MS),

  async 'virtual machine paused while a webhook is suspended'({ system, toggling }) {
    const machine = [...system.workers, system.producer];
    system.setClocks(machine, { stopsMonotonicTime: true });
    // By its monotonic clock, each of them has just read the webhook as active when it continues.
    const { responded } = await toggling.nextSuspend();
    await Promise.all(machine.map((service) => freeze(service, responded)));
    await sleep(1000);
    system.setClocks(machine, {});
    return { detail: 'workers and producer, until the suspend call returns', maxDuplicates: 0 };
  },
};

/** The processes that these freeze must not be the one that has to respond meanwhile. */
const NEED_SEPARATE_PROCESSES = new Set([
  'workers frozen while a webhook is suspended',
  'virtual machine paused while a webhook is suspended',
]);

/** Returns the names of the faults that can be injected into a system. */
export const faultsOf = (topology: Topology): string[] =>
  Object.keys(FAULTS).filter((name) => topology === 'separate' || !NEED_SEPARATE_PROCESSES.has(name));

/** Such a statement runs every few seconds. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** Stalls the connection that runs a statement next, forever unless it is resumed. */
function stallAt({ postgresProxy }: System, statement: keyof typeof STATEMENTS): Promise<StalledConnection> {
  const timeout = sleep(STATEMENT_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`No process ran the statement of "${statement}"`);
  });
  return Promise.race([postgresProxy.stallAfter(STATEMENTS[statement]), timeout]);
}

/** Sets the wall clock of a service forward or back, and then right again. */
async function stepClock({ system, random }: FaultContext, stepMs: number): Promise<FaultResult> {
  const service = random.pick([...system.workers, system.producer, system.api]);
  const wallOffsetMs = random.chance(50) ? stepMs : -stepMs;
  system.setClocks([service], { wallOffsetMs });
  await sleep(8000);
  system.setClocks([service], {});
  return {
    detail: `${service.name}, by ${wallOffsetMs / 1000} s for 8 s`,
    maxDuplicates: inWorker(system, service),
  };
}

/** By less than the leases and locks that its clock measures. */
const REDIS_STEP_MS = 3000;

/** Sets the clock of Redis forward or back, and then right again. */
async function stepRedisClock({ random }: FaultContext, setClock: SetRedisClock): Promise<FaultResult> {
  const offsetMs = random.chance(50) ? REDIS_STEP_MS : -REDIS_STEP_MS;
  setClock(offsetMs);
  await sleep(8000);
  setClock(0);
  return { detail: `Redis, by ${offsetMs / 1000} s for 8 s`, maxDuplicates: 0 };
}

async function flushRedis({ system, publisher }: FaultContext): Promise<void> {
  const redis = new Redis(system.redisUrl);
  await redis.flushall();
  publisher.unreadLost();
  redis.disconnect();
}

/** Sends SIGKILL; resolves when the supervisor has restarted the process. */
async function kill(process: SupervisedProcess): Promise<void> {
  const restarted = process.nextStart();
  process.kill('SIGKILL');
  await restarted;
}

async function freeze(process: SupervisedProcess, until: Promise<unknown>): Promise<void> {
  process.kill('SIGSTOP');
  await until;
  process.kill('SIGCONT');
}
