import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Job, type JobsOptions, Queue, Worker } from 'bullmq';
import { Deadline } from '@posthorn/core';
import { createRedisUser, type OwnRedis, startOwnRedis } from '@posthorn/testkit';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDelayedEntries } from '../src/intake/delayed-entries.js';
import { type ErasureRedis, intakeStream, openErasureRedis, type Push, pushPrefixes } from '../src/index.js';

const PREFIX = 'erasure-test';
const PERSON = 'cus_4711-zebra';

const directory = mkdtempSync(join(tmpdir(), 'posthorn-'));
let server: OwnRedis;
let erasures: ErasureRedis;
let queue: Queue;

beforeAll(async () => {
  server = await startOwnRedis('--appendonly', 'yes', '--dir', directory);
  erasures = await openErasureRedis({ redisUrl: server.redisUrl, prefix: PREFIX });
  queue = new Queue('events', { connection: server.redis, prefix: PREFIX, skipMetasUpdate: true });
});

afterAll(async () => {
  await erasures?.stop(new Deadline(1000));
  await queue?.close();
  await server?.stop();
  rmSync(directory, { recursive: true });
});

const ofPerson = async ({ push }: { push: Push }) =>
  JSON.stringify(push.payload).includes(PERSON) ? ['person'] : [];

/** No erasure has pushes left. */
const NONE = new Set();
const PERSONS = new Set(['person']);

const push = (n: number, opts: JobsOptions = {}) => queue.add('a.b', { data: { n, person: PERSON } }, opts);

/** Makes the next jobs active, as a producer does that ingests them. */
async function ingest(count: number): Promise<Job[]> {
  const worker = new Worker('events', null, { connection: server.redis, prefix: PREFIX });
  const jobs: Job[] = [];
  while (jobs.length < count) jobs.push(await worker.getNextJob('token'));
  await worker.close();
  return jobs;
}

const addEntry = () =>
  server.redis.xadd(intakeStream(PREFIX), '*', 'type', 'a.b', 'data', `{"person":"${PERSON}"}`);

describe('pushes', () => {
  beforeEach(async () => {
    await server.redis.flushall();
  });

  it('of an erasure are removed in every state, and no others', async () => {
    await push(1);
    await push(2, { priority: 3 });
    await push(3, { delay: 7_200_000 });
    // Dated ahead by its publisher.
    await push(4, { timestamp: Date.now() + 300_000 });
    await queue.add('a.b', { data: { text: 'x'.repeat(40_000), person: PERSON } });
    await addEntry();
    const kept = await Promise.all([
      queue.add('a.b', { data: { person: 'cus_other' } }),
      queue.add('a.b', { data: {} }, { delay: 7_200_000 }),
      queue.add('a.b', { data: {} }, { priority: 1 }),
    ]);
    const entry = await server.redis.xadd(intakeStream(PREFIX), '*', 'type', 'a.b', 'data', '{}');

    expect(await erasures.removePushes(ofPerson)).toEqual(NONE);
    const left = await queue.getJobs(['wait', 'delayed', 'prioritized', 'active']);
    expect(new Set(left.map(({ id }) => id))).toEqual(new Set(kept.map(({ id }) => id)));
    expect((await server.redis.xrange(intakeStream(PREFIX), '-', '+')).map(([id]) => id)).toEqual([entry]);
    // Redis frees a deleted entry with those beside it.
    await server.redis.xdel(intakeStream(PREFIX), entry ?? '');
    expect(await keysWith(PERSON)).toEqual([]);
  });

  it('that wait in a paused queue are removed, and those that BullMQ has given up', async () => {
    await push(1);
    const [failed] = await ingest(1);
    await failed?.moveToFailed(new Error('given up'), 'token');
    await queue.pause();
    await push(2);
    expect(await erasures.removePushes(ofPerson)).toEqual(NONE);
    expect(await keysWith(PERSON)).toEqual([]);
  });

  it('show when they were added, and for when they are scheduled', async () => {
    const timestamp = Date.now() - 60_000;
    await push(1, { timestamp, delay: 3_600_000 });
    const seen: unknown[] = [];
    await erasures.removePushes(async ({ push: { id, source, pushedAt }, addedAt }) => {
      seen.push({ id, source, pushedAt, addedAt });
      return [];
    });
    expect(seen).toEqual([
      {
        id: `events:1:${timestamp}`,
        source: 'queue',
        pushedAt: new Date(timestamp + 3_600_000),
        addedAt: new Date(timestamp),
      },
    ]);
  });

  it('that are being ingested are left to their producers, however many, and waited for', async () => {
    for (let n = 0; n < 1200; n += 100)
      await Promise.all(Array.from({ length: 100 }, (_, index) => push(n + index)));
    const jobs = await ingest(1200);
    expect(await erasures.removePushes(ofPerson)).toEqual(PERSONS);
    expect(await server.redis.llen(`${PREFIX}:events:active`)).toBe(1200);
    for (const job of jobs.slice(1)) await job.moveToCompleted('', 'token', false);
    expect(await erasures.removePushes(ofPerson)).toEqual(PERSONS);
    await jobs[0]?.moveToCompleted('', 'token', false);
    expect(await erasures.removePushes(ofPerson)).toEqual(NONE);
  });

  it('whose producer died or is frozen are left to the next one', async () => {
    await push(1);
    const [job] = await ingest(1);
    // Its lock expires, then it waits again: a frozen producer may store it at any time.
    await server.redis.del(`${PREFIX}:events:${job?.id}:lock`);
    expect(await erasures.removePushes(ofPerson)).toEqual(PERSONS);
    await server.redis.lmove(`${PREFIX}:events:active`, `${PREFIX}:events:wait`, 'LEFT', 'RIGHT');
    await server.redis.hincrby(`${PREFIX}:events:${job?.id}`, 'stc', 1);
    expect(await erasures.removePushes(ofPerson)).toEqual(PERSONS);
    const [again] = await ingest(1);
    await again?.moveToCompleted('', 'token', false);
    expect(await erasures.removePushes(ofPerson)).toEqual(NONE);
  });

  it('are found whatever states they pass through meanwhile', async () => {
    for (let n = 0; n < 300; n += 100)
      await Promise.all(Array.from({ length: 100 }, (_, index) => push(n + index)));
    const [key, active] = [`${PREFIX}:events:wait`, `${PREFIX}:events:active`];
    const seen = new Set<string>();
    await erasures.removePushes(async ({ push: { id } }) => {
      seen.add(id);
      // Between two reads, all jobs become active or wait again.
      const [from, to] = (await server.redis.llen(key)) > 0 ? [key, active] : [active, key];
      await server.redis.rename(from, to);
      return [];
    });
    expect(seen.size).toBe(300);
  });

  it('of the stream that were put off show when they were added', async () => {
    const pushedAt = new Date(Date.now() - 3_600_000);
    const id = `intake:${pushedAt.getTime()}-0`;
    const entries = openDelayedEntries(server.redis, PREFIX);
    await entries.add({ source: 'stream', id, pushedAt, type: 'a.b', payload: { data: '{}' } }, 60_000);
    const seen: unknown[] = [];
    await erasures.removePushes(async ({ push: each, addedAt }) => {
      seen.push([each.id, addedAt]);
      return [];
    });
    expect(seen).toEqual([[id, pushedAt]]);
  });

  it('of all erasures are found in one iteration of the keys, and each erasure waits for its own', async () => {
    const prefix = 'several';
    const sharded = await openErasureRedis({ redisUrl: server.redisUrl, prefix, shards: 3 });
    for (const each of pushPrefixes({ prefix, shards: 3 })) {
      const shard = new Queue('events', { connection: server.redis, prefix: each, skipMetasUpdate: true });
      for (const person of ['a', 'b', 'c']) await shard.add('a.b', { person }, { jobId: `${person}x` });
      await shard.close();
    }
    // A producer has one of them.
    await server.redis.lrem(`${prefix}:events:wait`, 1, 'ax');
    await server.redis.lpush(`${prefix}:events:active`, 'ax');
    await server.redis.set(`${prefix}:events:ax:lock`, 'token');
    await server.redis.config('RESETSTAT');
    const left = await sharded.removePushes(async ({ push: each }) =>
      ['a', 'b'].filter((person) => each.payload === JSON.stringify({ person })),
    );
    expect(left).toEqual(new Set(['a']));
    expect(await server.redis.info('commandstats')).toMatch(/^cmdstat_scan:calls=1,/m);
    const keys = await server.redis.keys('*x');
    expect(keys.filter((key) => !key.endsWith(':cx'))).toEqual([`${prefix}:events:ax`]);
    expect(keys.filter((key) => key.endsWith(':cx'))).toHaveLength(4);
    await sharded.stop(new Deadline(1000));
  });

  it('of the stream that a producer has read are waited for', async () => {
    const entry = (await addEntry()) ?? '';
    await server.redis.xgroup('CREATE', intakeStream(PREFIX), 'producers', '0');
    await server.redis.xreadgroup(
      'GROUP',
      'producers',
      'p1',
      'COUNT',
      1,
      'STREAMS',
      intakeStream(PREFIX),
      '>',
    );
    await addEntry();
    expect(await erasures.removePushes(ofPerson)).toEqual(PERSONS);
    expect((await server.redis.xrange(intakeStream(PREFIX), '-', '+')).map(([id]) => id)).toEqual([entry]);
    await server.redis.xack(intakeStream(PREFIX), 'producers', entry);
    await server.redis.xdel(intakeStream(PREFIX), entry);
    expect(await erasures.removePushes(ofPerson)).toEqual(NONE);
  });

  it('that are added while others are ingested are not waited for', async () => {
    await push(1);
    const [job] = await ingest(1);
    const replace = async () => {
      await push(2);
      await ingest(1);
      await job?.moveToCompleted('', 'token', false);
    };
    let replaced: Promise<void> | undefined;
    const removed = erasures.removePushes(async (stored) => {
      const found = await ofPerson(stored);
      if (found.length > 0) replaced ??= replace();
      return found;
    });
    expect(await removed).toEqual(NONE);
    await replaced;
    expect(await server.redis.llen(`${PREFIX}:events:active`)).toBe(1);
  });

  it('of shards and of a prefix with special characters are found', async () => {
    const prefix = 'odd[1]*';
    const sharded = await openErasureRedis({ redisUrl: server.redisUrl, prefix, shards: 2 });
    const other = new Queue('events', { connection: server.redis, prefix: 'odd1x', skipMetasUpdate: true });
    const job = await other.add('a.b', { person: PERSON });
    for (const each of pushPrefixes({ prefix, shards: 2 })) {
      const shard = new Queue('events', { connection: server.redis, prefix: each, skipMetasUpdate: true });
      await shard.add('a.b', { person: PERSON });
      await shard.close();
    }
    expect(await sharded.removePushes(ofPerson)).toEqual(NONE);
    expect(await keysWith(PERSON)).toEqual([`odd1x:events:${job.id}`]);
    await other.close();
    await sharded.stop(new Deadline(1000));
  });
});

async function keysWith(text: string): Promise<string[]> {
  const keys = await server.redis.keys('*');
  const dumps = await Promise.all(keys.map((key) => server.redis.dumpBuffer(key)));
  return keys.filter((_key, index) => dumps[index]?.includes(text));
}

const filesWith = (text: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
    .map(({ name }) => name);

it('removes what was pushed from the append-only file', async () => {
  await server.redis.flushall();
  await server.redis.config('SET', 'appendfsync', 'always');
  const entry = await server.redis.xadd(intakeStream(PREFIX), '*', 'data', PERSON);
  await server.redis.xdel(intakeStream(PREFIX), entry ?? '');
  expect(filesWith(PERSON)).not.toEqual([]);
  expect(await erasures.rewriteFiles()).toBe(1);
  expect(filesWith(PERSON)).toEqual([]);
});

it('goes on without the permission, and without such a file', async () => {
  const user = await createRedisUser(server.redisUrl, '+@all', '-bgrewriteaof');
  const limited = await openErasureRedis({ redisUrl: user.redisUrl, prefix: PREFIX });
  expect(await limited.rewriteFiles()).toBe(0);
  await limited.stop(new Deadline(1000));
  await user.drop();
  await server.redis.config('SET', 'appendonly', 'no');
  expect(await erasures.rewriteFiles()).toBe(0);
});
