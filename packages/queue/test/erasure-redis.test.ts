import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Deadline } from '@posthorn/core';
import { createRedisUser, type OwnRedis, startOwnRedis } from '@posthorn/testkit';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErasureRedis, intakeStream, openErasureRedis } from '../src/index.js';

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

const before = (ms: number) => new Date(Date.now() - ms);

it('finds pushes that are older than a time', async () => {
  const later = new Date(Date.now() + 3_600_000);
  expect(await erasures.hasPushesBefore(later)).toBe(false);

  const entry = await server.redis.xadd(intakeStream(PREFIX), '*', 'type', 'a.b', 'data', '{}');
  expect(await erasures.hasPushesBefore(later)).toBe(true);
  expect(await erasures.hasPushesBefore(before(60_000))).toBe(false);
  await server.redis.xdel(intakeStream(PREFIX), entry ?? '');
  expect(await erasures.hasPushesBefore(later)).toBe(false);

  // Scheduled for later: such a push is of that time.
  const scheduled = await queue.add('a.b', {}, { delay: 7_200_000 });
  expect(await erasures.hasPushesBefore(later)).toBe(false);
  const waiting = await queue.add('a.b', {});
  expect(await erasures.hasPushesBefore(later)).toBe(true);
  expect(await erasures.hasPushesBefore(before(60_000))).toBe(false);
  await waiting.remove();
  const prioritized = await queue.add('a.b', {}, { priority: 3 });
  expect(await erasures.hasPushesBefore(later)).toBe(true);
  await prioritized.remove();
  await scheduled.remove();
});

const filesWith = (text: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
    .map(({ name }) => name);

it('removes what was pushed from the append-only file', async () => {
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
