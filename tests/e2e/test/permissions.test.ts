// Posthorn with a Redis user and a PostgreSQL role that have the permissions in docs/servers.md and no others.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newApiKey } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { freePort } from '@posthorn/local';
import {
  patientClient,
  type FreshQueuePrefix,
  freshQueuePrefix,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { runLifecycle } from './lifecycle.js';
import { runToExit, type ServiceProcess, startService } from './service-process.js';

const ROLES = ['api', 'producer', 'worker'] as const;
const GUIDE = readFileSync(path.resolve(import.meta.dirname, '../../../docs/servers.md'), 'utf8');

const encryptionKey = randomBytes(32).toString('base64');
const id = randomBytes(6).toString('hex');
const name = `posthorn_test_${id}`;
let postgres: Database;
let redis: Redis;
let prefix: FreshQueuePrefix;
let receiver: Receiver;
const running: ServiceProcess[] = [];

/** Runs the statements of the guide, for another role and database. */
async function createRole(): Promise<string> {
  for (const [statement] of GUIDE.matchAll(/^CREATE (?:ROLE|DATABASE) posthorn .*;$/gm))
    await postgres.pool.query(statement.replaceAll(/\bposthorn\b/g, name));
  return withUser(process.env['TEST_DATABASE_URL'], { username: name, pathname: `/${name}` });
}

/** Runs the commands of the guide, for another prefix and other names. Returns the URLs of the users. */
async function createUsers(): Promise<string[]> {
  const commands = GUIDE.matchAll(/^ACL SETUSER (\S+) (.*)$/gm);
  const users = Array.from(commands, ([, user = '', rules = '']) => ({ username: `${user}-${id}`, rules }));
  return Promise.all(
    users.map(({ username, rules }) =>
      createUser(username, rules.replaceAll('~posthorn:', `~${prefix.prefix}:`).split(' ')),
    ),
  );
}

async function createUser(username: string, rules: string[]): Promise<string> {
  await redis.call('ACL', 'SETUSER', username, ...rules);
  return withUser(prefix.redisUrl, { username });
}

function withUser(url = '', fields: { username: string; pathname?: string }): string {
  return Object.assign(new URL(url), { password: 'PASSWORD', ...fields }).href;
}

const settings = (servers: { DATABASE_URL: string; REDIS_URL: string }) => ({
  ...servers,
  POSTHORN_QUEUE_PREFIX: prefix.prefix,
  POSTHORN_ENCRYPTION_KEY: encryptionKey,
  POSTHORN_OUTBOUND_ALLOW: '127.0.0.0/8',
  POSTHORN_OUTBOUND_HTTP: 'true',
  POSTHORN_OUTBOUND_PORTS: '*',
  POSTHORN_LOG_LEVEL: 'warn',
  POSTHORN_DRAIN_MS: '0',
  POSTHORN_HOST: '127.0.0.1',
  POSTHORN_PORT: '0',
});

let databaseUrl: string;
let userUrl: string;
let publisherUrl: string;

beforeAll(async () => {
  postgres = connect({
    url: process.env['TEST_DATABASE_URL'] ?? '',
    applicationName: 'posthorn e2e',
    max: 1,
  });
  prefix = freshQueuePrefix();
  redis = new Redis(prefix.redisUrl);
  databaseUrl = await createRole();
  [userUrl = '', publisherUrl = ''] = await createUsers();
  receiver = await startReceiver();
});

afterAll(async () => {
  for (const service of running) service.kill();
  await receiver?.close();
  const names = ['posthorn', 'publisher', 'ordinary', 'limited'].map((user) => `${user}-${id}`);
  await redis.call('ACL', 'DELUSER', ...names);
  redis.disconnect();
  await prefix.clear();
  await postgres.pool.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await postgres.pool.query(`DROP ROLE IF EXISTS ${name}`);
  await postgres.stop();
});

it('a webhook has its whole lifecycle', async () => {
  const env = settings({ DATABASE_URL: databaseUrl, REDIS_URL: userUrl });
  const [port, adminKey] = [String(await freePort()), newApiKey()];
  const logs: string[] = [];
  const starts = ROLES.map((role) =>
    startService(
      role,
      { ...env, POSTHORN_PORT: port, POSTHORN_ADMIN_KEY: adminKey },
      { onLog: (text) => logs.push(text) },
    ),
  );
  running.push(...(await Promise.all(starts)));
  const publisher = new Redis(publisherUrl, { maxRetriesPerRequest: null });
  const api = patientClient(`http://127.0.0.1:${port}`, adminKey);
  await runLifecycle({ api, redis: publisher, prefix: prefix.prefix, receiver });
  publisher.disconnect();
  expect(logs.filter((text) => text.includes('NOPERM'))).toEqual([]);
  await Promise.all(running.splice(0).map((service) => service.stop()));
});

it('every service starts as a Redis user without dangerous commands, and prints nothing', async () => {
  const url = await createUser(`ordinary-${id}`, ['on', '>PASSWORD', '~*', '+@all', '-@dangerous']);
  const env = settings({ DATABASE_URL: databaseUrl, REDIS_URL: url });
  const logs: string[] = [];
  const onLog = (text: string) => logs.push(text);
  const services = await Promise.all(ROLES.map((role) => startService(role, env, { onLog })));
  expect(await Promise.all(services.map((service) => service.stop()))).toMatchObject(
    ROLES.map(() => ({ code: 0 })),
  );
  expect(logs.join('').replaceAll(/^\{.*private networks.*\}\n/gm, '')).toBe('');
});

it('every service exits with one line if the Redis user lacks a command', async () => {
  const url = await createUser(`limited-${id}`, ['on', '>PASSWORD', '~*', '+@all', '-xadd']);
  const env = settings({ DATABASE_URL: databaseUrl, REDIS_URL: url });
  expect(
    await Promise.all(ROLES.map((role) => runToExit(role, { ...env, POSTHORN_LOG_LEVEL: 'error' }))),
  ).toEqual(
    ROLES.map((role) => ({
      code: 1,
      stdout: '',
      stderr: `posthorn ${role}: The Redis user may not run xadd on keys ${prefix.prefix}:*. See "A Redis user for Posthorn" in docs/servers.md.\n`,
    })),
  );
});

it('every service exits with one line if the PostgreSQL role may not create tables', async () => {
  await postgres.pool.query(`CREATE DATABASE ${name}_other`);
  try {
    const url = withUser(databaseUrl, { username: name, pathname: `/${name}_other` });
    const env = settings({ DATABASE_URL: url, REDIS_URL: userUrl });
    expect(await Promise.all(ROLES.map((role) => runToExit(role, env)))).toEqual(
      ROLES.map((role) => ({
        code: 1,
        stdout: '',
        stderr: `posthorn ${role}: the PostgreSQL role has too few permissions: permission denied for schema public. See "A PostgreSQL role for Posthorn" in docs/servers.md.\n`,
      })),
    );
  } finally {
    await postgres.pool.query(`DROP DATABASE ${name}_other WITH (FORCE)`);
  }
});
