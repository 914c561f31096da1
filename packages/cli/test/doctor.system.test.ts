import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import { freePort } from '@posthorn/local';
import { eventually, freshDatabase, startHttpProxy, startIdentityProvider } from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { runHere } from './fixtures/command-line.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack({ ownServers: true });

interface Finding {
  check: string;
  level: string;
  message: string;
}

const errorsOf = (findings: Finding[]): Finding[] => findings.filter(({ level }) => level === 'error');

/** The settings of the stack's services. */
const servicesOf = () => ({
  DATABASE_URL: inUse.stack.databaseUrl,
  REDIS_URL: inUse.stack.redisUrl,
  POSTHORN_QUEUE_PREFIX: inUse.stack.queuePrefix,
});

describe('posthorn doctor', () => {
  it('finds a local stack healthy and warns about its outbound rules', async () => {
    // Empty variables are unset, and do not hide the settings of the stack.
    const env = { DATABASE_URL: '', POSTHORN_ENCRYPTION_KEY: '', POSTHORN_OUTBOUND_ALLOW: '' };
    // On a busy machine a server may answer too late for one run.
    const stdout = await eventually(async () => {
      const ended = await inUse.call(['doctor'], { env });
      expect(ended.stdout).not.toMatch(/^[✗?]/m);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout;
    });
    for (const line of [
      /^✓ Node {12}\d+/m,
      /^✓ API {13}http:\S+ is ready$/m,
      /^✓ version {9}API and CLI are \d/m,
      /^✓ API key {9}phk_\S+… .*for all tenants: admin$/m,
      /^✓ workers {9}1 process$/m,
      /^✓ PostgreSQL {6}\d+\.\d+ at /m,
      /^✓ migrations {6}Up to date$/m,
      /^✓ replication {5}No replica is connected$/m,
      /^[✓!] locks {11}max_locks_per_transaction is \d+/m,
      /^✓ usage {11}No transaction is hidden from it$/m,
      /^✓ retention {7}Expired data is dropped$/m,
      /^✓ restores {8}Another cluster or timeline of PostgreSQL is recognized$/m,
      /^✓ payloads {8}Stored in plain text$/m,
      /^✓ encryption key {2}[0-9a-f]{8} has sealed 1 setting$/m,
      /^✓ certificates {4}None in use$/m,
      /^✓ Redis {11}maxmemory-policy is noeviction$/m,
      /^✓ Redis {11}Append-only file is enabled$/m,
      /^✓ producers {7}1 process$/m,
      /^✓ queue prefix {4}posthorn-\w+ is known to Redis$/m,
      /^✓ queue prefix {4}posthorn-\w+ belongs to this database$/m,
      /^! outbound {8}Webhooks may target 127\.0\.0\.0\/8/m,
    ])
      expect(stdout).toMatch(line);
    expect(stdout.match(/^✓ clocks/gm)).toHaveLength(3);
  });

  it('fails on a Redis that evicts keys and warns about one without persistence', async () => {
    const redis = new Redis(inUse.stack.redisUrl);
    try {
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await redis.config('SET', 'appendonly', 'no');
      const { code, stdout } = await inUse.run(['doctor', '--json']);
      expect(code).toBe(1);
      const { ok, findings } = JSON.parse(stdout);
      expect(ok).toBe(false);
      expect(errorsOf(findings)).toMatchObject([
        {
          check: 'Redis',
          message: expect.stringContaining('allkeys-lru'),
          advice: expect.stringContaining('noeviction'),
        },
      ]);
      expect(findings).toContainEqual(
        expect.objectContaining({
          check: 'Redis',
          level: 'warning',
          message: expect.stringContaining('is disabled'),
        }),
      );
    } finally {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      await redis.config('SET', 'appendonly', 'yes');
      redis.disconnect();
    }
  });

  it('fails on a queue prefix that belongs to another installation', async () => {
    const redis = new Redis(inUse.stack.redisUrl);
    const key = `${inUse.stack.queuePrefix}:installation`;
    const id = (await redis.get(key)) ?? '';
    try {
      await redis.set(key, 'another');
      const { code, stdout } = await inUse.run(['doctor', '--json']);
      expect(code).toBe(1);
      expect(errorsOf(JSON.parse(stdout).findings)).toMatchObject([
        {
          check: 'queue prefix',
          message: expect.stringContaining('belongs to another installation'),
          advice: expect.stringContaining('POSTHORN_QUEUE_PREFIX'),
        },
      ]);
    } finally {
      await redis.set(key, id);
      redis.disconnect();
    }
  });

  it.each([
    ['worker', 'workers', 'No worker is running, so nothing is delivered'],
    [
      'producer',
      'producers',
      'No producer is running, so pushes are not read and later retries are not sent',
    ],
  ] as const)('fails when no %s is running', async (role, check, message) => {
    const process = inUse.stack.process(role);
    await process.stop();
    try {
      // Redis lists the connections of the process until it has closed them.
      await eventually(async () => {
        const { code, stdout } = await inUse.run(['doctor', '--json']);
        expect(code).toBe(1);
        expect(errorsOf(JSON.parse(stdout).findings)).toMatchObject([{ check, message }]);
      });
    } finally {
      await process.start();
    }
  });

  it('checks only the API if the services are not configured', async () => {
    const { stack } = inUse;
    const flags = ['--url', stack.apiUrl, '--api-key', stack.adminKey];
    const { code, stdout } = await runHere(['doctor', '--json', ...flags], { cwd: '/' });
    expect(code).toBe(0);
    const { findings } = JSON.parse(stdout);
    expect(findings.map(({ check, level }: Finding) => `${check} ${level}`)).toEqual([
      'Node ok',
      'API ok',
      'version ok',
      'clocks ok',
      'API key ok',
      'workers ok',
      'services unknown',
    ]);
  });

  it('reports an invalid key and a key with few scopes', async () => {
    const { stack, api } = inUse;
    const { body } = await api.post('/v1/api-keys', { name: 'few', scopes: ['events:write'] });
    const few = await runHere(['doctor', '--json', '--url', stack.apiUrl, '--api-key', body.key], {
      cwd: '/',
    });
    expect(few.code).toBe(0);
    expect(few.json().findings).toContainEqual(
      expect.objectContaining({ check: 'workers', level: 'unknown' }),
    );
    const wrong = await runHere(['doctor', '--json', '--url', stack.apiUrl, '--api-key', 'phk_wrong'], {
      cwd: '/',
    });
    expect(wrong.code).toBe(1);
    expect(errorsOf(wrong.json().findings)).toMatchObject([{ check: 'API key' }]);
  });

  it('reports each unavailable service', async () => {
    const [api, postgres, redisPort] = await Promise.all([freePort(), freePort(), freePort()]);
    const { code, stdout } = await runHere(['doctor', '--json', '--api-key', 'phk_x'], {
      cwd: '/',
      env: {
        POSTHORN_URL: `http://127.0.0.1:${api}`,
        DATABASE_URL: `postgresql://127.0.0.1:${postgres}/x`,
        REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      },
    });
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout);
    expect(errorsOf(findings).map(({ check }) => check)).toEqual(['API', 'PostgreSQL', 'Redis']);
    expect(findings).toContainEqual(
      expect.objectContaining({ level: 'unknown', message: 'POSTHORN_ENCRYPTION_KEY is not set here' }),
    );
    expect(findings.at(-1)).toMatchObject({ check: 'outbound', level: 'ok' });
  });

  it('reports a database of a newer version', async () => {
    const database = await freshDatabase();
    try {
      const { pool, stop } = connect({ url: database.url, applicationName: 'test' });
      await pool.query(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
                        VALUES ('next', 'x', '20990101000000_next', now())`);
      await stop();
      const newer = await runHere(['doctor', '--json'], {
        cwd: '/',
        env: { ...servicesOf(), DATABASE_URL: database.url },
      });
      expect(newer.code).toBe(1);
      expect(errorsOf(newer.json().findings)).toMatchObject([
        {
          check: 'migrations',
          message: expect.stringContaining('From a newer version: 20990101000000_next'),
        },
      ]);
    } finally {
      await database.drop();
    }
  });

  it('reports a wrong encryption key, an unused prefix and missing migrations', async () => {
    const another = await runHere(['doctor', '--json'], {
      cwd: '/',
      env: {
        ...servicesOf(),
        POSTHORN_QUEUE_PREFIX: 'another',
        POSTHORN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        POSTHORN_OUTBOUND_ALLOW: '169.254.0.0/16',
      },
    });
    expect(another.code).toBe(1);
    expect(errorsOf(another.json().findings)).toMatchObject([
      { check: 'encryption key' },
      { check: 'producers' },
    ]);
    expect(another.json().findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ check: 'queue prefix', level: 'warning' }),
        expect.objectContaining({
          check: 'outbound',
          message: expect.stringContaining('except for metadata services of clouds'),
        }),
      ]),
    );
    const database = await freshDatabase();
    try {
      const { pool, stop } = connect({ url: database.url, applicationName: 'test' });
      await pool.query('DELETE FROM _prisma_migrations');
      await stop();
      const behind = await runHere(['doctor', '--json'], {
        cwd: '/',
        env: { ...servicesOf(), DATABASE_URL: database.url },
      });
      expect(errorsOf(behind.json().findings)).toMatchObject([
        { check: 'migrations', message: expect.stringContaining('Not applied') },
      ]);
    } finally {
      await database.drop();
    }
  });

  it('checks the egress proxy', async () => {
    const proxy = await startHttpProxy({ username: 'user', password: 'pass-word' });
    const doctor = async (credentials: string) =>
      runHere(['doctor', '--json'], {
        cwd: '/',
        env: {
          ...servicesOf(),
          POSTHORN_OUTBOUND_PROXY: `http://${credentials}@127.0.0.1:${proxy.port}`,
          POSTHORN_OUTBOUND_PROXY_GUARDS: 'true',
        },
      });
    const findings = (result: Awaited<ReturnType<typeof doctor>>) =>
      result.json().findings.filter(({ check }: { check: string }) => check === 'egress proxy');
    try {
      expect(findings(await doctor('user:pass-word'))).toMatchObject([{ level: 'ok' }, { level: 'warning' }]);
      const rejected = await doctor('user:wrong-word');
      expect(findings(rejected)).toMatchObject([
        { level: 'error', message: expect.stringContaining('proxy_authentication_required') },
      ]);
      expect(rejected.stdout).not.toContain('wrong-word');
    } finally {
      await proxy.close();
    }
    expect(findings(await doctor('user:pass-word'))).toMatchObject([
      { level: 'error', message: expect.stringContaining('proxy_unreachable') },
    ]);
  });

  it('checks the identity provider of single sign-on', async () => {
    const provider = await startIdentityProvider();
    await provider.register({ redirectUri: 'https://hooks.example/v1/sso/callback' });
    const doctor = async (issuer: string) => {
      const { json } = await runHere(['doctor', '--json'], {
        cwd: '/',
        env: {
          ...servicesOf(),
          POSTHORN_PUBLIC_URL: 'https://hooks.example',
          POSTHORN_OIDC_ISSUER: issuer,
          POSTHORN_OIDC_CLIENT_ID: provider.clientId,
          POSTHORN_OIDC_CLIENT_SECRET: provider.clientSecret,
          POSTHORN_OIDC_ROLES: '[{"group":"ops","role":"admin"}]',
        },
      });
      return json().findings.filter(({ check }: { check: string }) => check === 'single sign-on');
    };
    expect(await doctor(provider.issuer)).toMatchObject([
      { level: 'ok', message: `${provider.issuer} responds` },
    ]);
    const other = provider.issuer.replace('127.0.0.1', 'localhost');
    expect(await doctor(other)).toMatchObject([
      { level: 'error', message: expect.stringContaining(`describes the issuer ${provider.issuer}`) },
    ]);
    await provider.close();
    expect(await doctor(provider.issuer)).toMatchObject([
      { level: 'error', message: expect.stringContaining('does not respond') },
    ]);
  });

  it('validates settings as the services do', async () => {
    const { code, stdout } = await runHere(['doctor'], {
      cwd: '/',
      env: { ...servicesOf(), POSTHORN_OUTBOUND_HTTP: 'perhaps', POSTHORN_RETENTION: '5' },
    });
    expect(code).toBe(1);
    expect(stdout).toContain('POSTHORN_OUTBOUND_HTTP must be true or false');
    expect(stdout).toContain('POSTHORN_RETENTION is not a setting of Posthorn');
    const several = await runHere(['doctor', '--json'], {
      cwd: '/',
      env: { REDIS_URL: 'redis://127.0.0.1:1,redis://127.0.0.1:2' },
    });
    expect(errorsOf(several.json().findings)).toMatchObject([
      { check: 'configuration', message: expect.stringContaining('REDIS_CLUSTER=true') },
    ]);
  });
});
