// Posthorn behind a PgBouncer in transaction mode, with fewer connections than the services open.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { migrate } from '@posthorn/database/server';
import { freePort, type Stack, startStack } from '@posthorn/local';
import { type ApiClient, eventually, patientClient, type Receiver, startReceiver } from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { findPgbouncer, type Pooler, startPgbouncer } from './pgbouncer.js';
import { type ServiceProcess, serviceSettings, startService } from './service-process.js';
import { runLifecycle } from './lifecycle.js';

/** One API, two producers and two workers open up to 60. */
const POOL_SIZE = 12;

const program = await findPgbouncer();

(program === undefined ? describe.skip : describe)('through a PgBouncer in transaction mode', () => {
  let stack: Stack;
  let pooler: Pooler;
  let direct: Database;
  let redis: Redis;
  let receiver: Receiver;
  let api: ApiClient;
  const running: ServiceProcess[] = [];

  beforeAll(async () => {
    stack = await startStack({ ephemeral: true, services: false });
    direct = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e', max: 1 });
    await direct.pool.query("ALTER ROLE CURRENT_USER SET client_connection_check_interval = '500ms'");
    await direct.pool.query("ALTER ROLE CURRENT_USER SET timezone = 'America/New_York'");
    redis = new Redis(stack.redisUrl);
    receiver = await startReceiver();
    const { databaseUrl, dataDir } = stack;
    pooler = await startPgbouncer(program ?? '', { databaseUrl, folder: dataDir, poolSize: POOL_SIZE });
  }, 240_000);

  afterAll(async () => {
    for (const service of running) service.kill();
    await receiver?.close();
    redis?.disconnect();
    await direct?.stop();
    await pooler?.stop();
    await stack?.stop();
  });

  it('supports the whole lifecycle of a webhook, with services that migrate an empty database concurrently', async () => {
    const settings = { ...serviceSettings(stack), DATABASE_URL: pooler.url };
    const port = String(await freePort());
    const ofApi = { POSTHORN_HOST: '127.0.0.1', POSTHORN_PORT: port, POSTHORN_ADMIN_KEY: stack.adminKey };
    running.push(
      ...(await Promise.all([
        startService('api', { ...settings, ...ofApi }),
        ...(['producer', 'producer', 'worker', 'worker'] as const).map((role) =>
          startService(role, settings),
        ),
      ])),
    );
    api = patientClient(`http://127.0.0.1:${port}`, stack.adminKey);
    await runLifecycle({ api, redis, prefix: stack.queuePrefix, receiver });
    await Promise.all(Array.from({ length: 50 }, expectUtc));
    const { rows } = await direct.pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    expect(rows[0]?.count).toBeLessThanOrEqual(POOL_SIZE);
  });

  /** Prisma reads times without their zone. In the zone of this role, they would be off by hours. */
  async function expectUtc(): Promise<void> {
    const { body } = await api.get('/v1/tenants');
    expect(Math.abs(Date.parse(body.data[0].createdAt) - Date.now())).toBeLessThan(3_600_000);
  }

  it('names the setting for a pooler when the URL lacks it', async () => {
    await expect(migrate(pooler.url.replace(/\?.*/, ''))).rejects.toThrow(
      /^cannot reach PostgreSQL at .*: unsupported startup parameter.*append \?pgbouncer=true to DATABASE_URL$/,
    );
  });

  it('cancels a statement that exceeds its timeout in the server, too, when it checks its connections', async () => {
    const bounded = connect({ url: pooler.url, applicationName: 'posthorn e2e', statementTimeoutMs: 100 });
    await expect(bounded.pool.query('SELECT pg_sleep(50)')).rejects.toThrow(/timeout/i);
    await eventually(async () => {
      const { rowCount } = await direct.pool.query(
        `SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(50)' AND state = 'active'`,
      );
      expect(rowCount).toBe(0);
    });
    await bounded.stop();
  });
});
