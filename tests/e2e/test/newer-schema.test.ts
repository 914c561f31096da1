// A database that a newer version of Posthorn has migrated.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import {
  type FreshDatabase,
  freshDatabase,
  type FreshQueuePrefix,
  freshQueuePrefix,
} from '@posthorn/testkit';
import { runToExit, startService } from './service-process.js';

const ROLES = ['api', 'producer', 'worker', 'all'] as const;

let database: FreshDatabase;
let prefix: FreshQueuePrefix;

beforeAll(async () => {
  database = await freshDatabase();
  prefix = freshQueuePrefix();
  const { pool, stop } = connect({ url: database.url, applicationName: 'posthorn e2e' });
  await pool.query(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
                    VALUES ('next', 'x', '20990101000000_next', now())`);
  await stop();
});
afterAll(async () => {
  await prefix.clear();
  await database.drop();
});

const settings = () => ({
  DATABASE_URL: database.url,
  REDIS_URL: prefix.redisUrl,
  POSTHORN_QUEUE_PREFIX: prefix.prefix,
  POSTHORN_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  POSTHORN_PORT: '0',
});

it('is refused by every service with one line', async () => {
  expect(await Promise.all(ROLES.map((role) => runToExit(role, settings())))).toMatchObject(
    ROLES.map((role) => ({
      code: 1,
      stderr:
        `posthorn ${role}: the database belongs to a newer version of Posthorn, which applied ` +
        '20990101000000_next. Start that version, or see "Roll back a release" in docs/upgrade.md.\n',
    })),
  );
});

it('is used on request', async () => {
  const service = await startService('producer', { ...settings(), POSTHORN_ALLOW_NEWER_SCHEMA: 'true' });
  expect(await service.stop()).toMatchObject({ code: 0 });
});
