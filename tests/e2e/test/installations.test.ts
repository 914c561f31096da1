// Two databases with one queue prefix: the processes of the second one do not start.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  type FreshDatabase,
  freshDatabase,
  type FreshQueuePrefix,
  freshQueuePrefix,
} from '@posthorn/testkit';
import { runToExit, type ServiceProcess, startService } from './service-process.js';

let databases: FreshDatabase[];
let prefix: FreshQueuePrefix;
let producer: ServiceProcess | undefined;

beforeAll(async () => {
  databases = [await freshDatabase(), await freshDatabase()];
  prefix = freshQueuePrefix();
});
afterAll(async () => {
  await producer?.stop();
  await prefix.clear();
  for (const database of databases) await database.drop();
});

const settings = (database: FreshDatabase | undefined) => ({
  DATABASE_URL: database?.url ?? '',
  REDIS_URL: prefix.redisUrl,
  POSTHORN_QUEUE_PREFIX: prefix.prefix,
  POSTHORN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  POSTHORN_PORT: '0',
});

it('are separate installations: the second one is told to use another prefix', async () => {
  const [first, second] = databases;
  producer = await startService('producer', settings(first));
  const roles = ['api', 'producer', 'worker'] as const;
  const env = settings(second);
  expect(await Promise.all(roles.map((role) => runToExit(role, env)))).toMatchObject(
    roles.map((role) => ({
      code: 1,
      stderr:
        `posthorn ${role}: The Redis keys under ${prefix.prefix} belong to another installation. ` +
        'Set another POSTHORN_QUEUE_PREFIX, or, if that installation no longer exists, ' +
        `delete the key ${prefix.prefix}:installation.\n`,
    })),
  );
  await producer.stop();
  // A process of the first installation starts again.
  producer = await startService('producer', settings(first));
});
