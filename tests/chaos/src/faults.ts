import { setTimeout as sleep } from 'node:timers/promises';
import type { SupervisedProcess } from '@posthorn/local';
import { Redis } from 'ioredis';
import type { Toggling } from './comings-and-goings.js';
import type { Load } from './load.js';
import type { Random } from './random.js';
import type { Receiver } from './receiver.js';
import { PLACES_OF_A_WORKER, type System, WORKERS } from './system.js';

/** What a fault may reach for. */
export interface Scene {
  system: System;
  load: Load;
  toggling: Toggling;
  /** Receivers that may be cut off. */
  receivers: Receiver[];
  random: Random;
}

export interface Harm {
  /** What was harmed, for the line of the round. */
  detail: string;
  /** Most deliveries that may arrive twice for it, by the table in docs/reliability.md. */
  mostDuplicates: number;
}

/** Does harm and resolves when it is over, though not everything need have recovered. */
export type Fault = (scene: Scene) => Promise<Harm>;

/** A job's lock is free after 15 s, and stalled jobs are looked for every 5 s. */
const LONGER_THAN_A_LOCK_MS = 22_000;

/** A connection to Redis that says nothing is given up after 20 s. */
const LONGER_THAN_SILENCE_MS = 25_000;

const ALL_PLACES = PLACES_OF_A_WORKER * WORKERS;

export const FAULTS: Record<string, Fault> = {
  async 'worker killed'({ system, random }) {
    const worker = oneOf(system.workers, random);
    await killed(worker);
    return { detail: worker.name, mostDuplicates: PLACES_OF_A_WORKER };
  },

  async 'worker killed while PostgreSQL is away'({ system, random }) {
    const worker = oneOf(system.workers, random);
    const back = killed(system.postgres);
    // It has outcomes in hand by now that it cannot write down.
    await sleep(200);
    await Promise.all([back, killed(worker)]);
    return { detail: worker.name, mostDuplicates: PLACES_OF_A_WORKER };
  },

  async 'producer killed'({ system }) {
    await killed(system.producer);
    return { detail: '', mostDuplicates: 0 };
  },

  async 'API killed'({ system }) {
    await killed(system.api);
    return { detail: '', mostDuplicates: 0 };
  },

  async 'all services killed'({ system }) {
    await Promise.all([system.api, system.producer, ...system.workers].map(killed));
    return { detail: 'API, producer, workers', mostDuplicates: ALL_PLACES };
  },

  async 'Redis killed'({ system, load }) {
    const back = killed(system.redis);
    load.redisLosesUnread();
    await back;
    return { detail: '', mostDuplicates: ALL_PLACES };
  },

  async 'Redis emptied'(scene) {
    await emptyRedis(scene);
    return { detail: 'FLUSHALL', mostDuplicates: ALL_PLACES };
  },

  async 'Redis emptied and a worker killed'(scene) {
    const worker = oneOf(scene.system.workers, scene.random);
    const back = killed(worker);
    await emptyRedis(scene);
    await back;
    return { detail: worker.name, mostDuplicates: ALL_PLACES };
  },

  async 'PostgreSQL killed'({ system }) {
    await killed(system.postgres);
    return { detail: '', mostDuplicates: 0 };
  },

  async 'worker frozen'({ system, random }) {
    const worker = oneOf(system.workers, random);
    await frozen(worker, sleep(LONGER_THAN_A_LOCK_MS));
    return {
      detail: `${worker.name} for ${LONGER_THAN_A_LOCK_MS / 1000} s`,
      mostDuplicates: PLACES_OF_A_WORKER,
    };
  },

  async 'workers frozen while a webhook is suspended'({ system, toggling }) {
    const { answered } = await toggling.nextSuspend();
    // Some have read the webhook as active by now, and may act on that when they go on.
    await Promise.all(system.workers.map((worker) => frozen(worker, answered)));
    return { detail: 'until its answer', mostDuplicates: 0 };
  },

  async 'receiver cut off'({ receivers, random }) {
    const receiver = oneOf(receivers, random);
    const open = receiver.open();
    await receiver.cutOff();
    await sleep(3000 + random.below(5000));
    await receiver.back();
    return { detail: `with ${open} requests open`, mostDuplicates: open };
  },

  async 'network to Redis cut'({ system }) {
    system.toRedis.cut();
    await sleep(LONGER_THAN_SILENCE_MS);
    system.toRedis.heal();
    return { detail: `for ${LONGER_THAN_SILENCE_MS / 1000} s`, mostDuplicates: ALL_PLACES };
  },

  async 'network to PostgreSQL cut'({ system }) {
    system.toPostgres.cut();
    await sleep(10_000);
    system.toPostgres.heal();
    return { detail: 'for 10 s', mostDuplicates: 0 };
  },

  async 'clock wrong'({ system, random }) {
    const service = oneOf([...system.workers, system.producer, system.api], random);
    const offsetMs = random.next() < 0.5 ? 90_000 : -90_000;
    system.shiftClock(service, offsetMs);
    await sleep(8000);
    system.shiftClock(service, 0);
    return {
      detail: `${service.name}, by ${offsetMs / 1000} s for 8 s`,
      mostDuplicates: system.workers.includes(service) ? PLACES_OF_A_WORKER : 0,
    };
  },
};

async function emptyRedis({ system, load }: Scene): Promise<void> {
  const redis = new Redis(system.redisUrl);
  await redis.flushall();
  load.redisLosesUnread();
  redis.disconnect();
}

/** SIGKILL; resolves when the supervisor has it working again. */
async function killed(process: SupervisedProcess): Promise<void> {
  const back = process.nextStart();
  process.kill('SIGKILL');
  await back;
}

async function frozen(process: SupervisedProcess, until: Promise<unknown>): Promise<void> {
  process.kill('SIGSTOP');
  await until;
  process.kill('SIGCONT');
}

function oneOf<T>(items: readonly T[], random: Random): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error('there is none to draw');
  return item;
}
