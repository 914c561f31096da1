// Posthorn with a PostgreSQL and a Redis that are reached by TLS, with a certificate of a private authority.
import { execFileSync } from 'node:child_process';
import { chownSync, copyFileSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { freePort, type Stack, startStack, which } from '@posthorn/local';
import { patientClient, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { runLifecycle } from './lifecycle.js';
import { runToExit, type ServiceProcess, serviceSettings, startService } from './service-process.js';

const ROLES = ['api', 'producer', 'worker'] as const;

let stack: Stack;
let direct: Database;
let receiver: Receiver;
let certificate: string;
let redisUrl: string;
let settings: Record<string, string>;
const running: ServiceProcess[] = [];

/** Creates a certificate for localhost, and its key. */
function createCertificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [path.join(folder, 'tls.crt'), path.join(folder, 'tls.key')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  return { cert, key };
}

/** Lets PostgreSQL accept TLS. Its files belong to the account that it runs as. */
async function enableInPostgres({ cert, key }: { cert: string; key: string }): Promise<void> {
  const cluster = realpathSync(path.join(stack.dataDir, 'postgres'));
  const { uid, gid } = statSync(cluster);
  for (const [from, name] of [
    [cert, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const file = path.join(cluster, name);
    copyFileSync(from, file);
    chownSync(file, uid, gid);
  }
  await direct.pool.query('ALTER SYSTEM SET ssl = on');
  await direct.pool.query('SELECT pg_reload_conf()');
  await eventually(async () => expect((await direct.pool.query('SHOW ssl')).rows).toEqual([{ ssl: 'on' }]));
}

/** Lets Redis accept TLS on another port, which it returns. */
async function enableInRedis({ cert, key }: { cert: string; key: string }): Promise<number> {
  const redis = new Redis(stack.redisUrl);
  const port = await freePort();
  const files = {
    'tls-cert-file': cert,
    'tls-key-file': key,
    'tls-ca-cert-file': cert,
    'tls-auth-clients': 'no',
  };
  await redis.call('CONFIG', 'SET', ...Object.entries(files).flat(), 'tls-port', String(port));
  redis.disconnect();
  return port;
}

function databaseUrl(parameters: Record<string, string>): string {
  const url = new URL(stack.databaseUrl);
  url.hostname = 'localhost';
  url.search = new URLSearchParams(parameters).toString();
  return url.href;
}

(which('openssl') === undefined ? describe.skip : describe)('with TLS to PostgreSQL and Redis', () => {
  beforeAll(async () => {
    stack = await startStack({ ephemeral: true, services: false, postgresFlags: ['-c', 'fsync=off'] });
    direct = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e', max: 1 });
    const files = createCertificate(stack.dataDir);
    certificate = files.cert;
    await enableInPostgres(files);
    const { password } = new URL(stack.redisUrl);
    redisUrl = `rediss://:${password}@localhost:${await enableInRedis(files)}`;
    settings = serviceSettings(stack);
    receiver = await startReceiver();
  }, 240_000);

  afterAll(async () => {
    for (const service of running) service.kill();
    await receiver?.close();
    await direct?.stop();
    await stack?.stop();
  });

  it('a webhook has its whole lifecycle, and every connection is encrypted', async () => {
    const port = String(await freePort());
    const env = {
      ...settings,
      DATABASE_URL: databaseUrl({ sslmode: 'verify-full', sslrootcert: certificate }),
      REDIS_URL: redisUrl,
      NODE_EXTRA_CA_CERTS: certificate,
      POSTHORN_HOST: '127.0.0.1',
      POSTHORN_PORT: port,
      POSTHORN_ADMIN_KEY: stack.adminKey,
    };
    running.push(...(await Promise.all(ROLES.map((role) => startService(role, env)))));
    const publisher = new Redis(redisUrl, {
      maxRetriesPerRequest: null,
      tls: { ca: readFileSync(certificate) },
    });
    const api = patientClient(`http://127.0.0.1:${port}`, stack.adminKey);
    await runLifecycle({ api, redis: publisher, prefix: stack.queuePrefix, receiver });
    publisher.disconnect();
    const { rows } = await direct.pool.query(
      `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    expect(rows).toEqual([{ ssl: true }]);
    await Promise.all(running.splice(0).map((service) => service.stop()));
  });

  it('a service that does not trust the certificate exits with one line', async () => {
    const untrusted = { ...settings, DATABASE_URL: databaseUrl({ sslmode: 'verify-full' }) };
    expect(await runToExit('worker', untrusted)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^posthorn worker: cannot reach PostgreSQL at localhost:\d+\/posthorn: self-signed certificate\n$/,
      ),
    });
    expect(await runToExit('worker', { ...settings, REDIS_URL: redisUrl })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^posthorn worker: cannot reach Redis at localhost:\d+: self-signed certificate\n$/,
      ),
    });
  });

  it('sslmode=require encrypts without checking the certificate, and prints nothing', async () => {
    const env = { ...settings, DATABASE_URL: databaseUrl({ sslmode: 'require' }) };
    // The port 1 refuses connections, so the service exits after it has connected to PostgreSQL.
    expect(await runToExit('worker', { ...env, REDIS_URL: 'redis://127.0.0.1:1' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^posthorn worker: cannot reach Redis at 127\.0\.0\.1:1: .*\n$/),
    });
  });
});
