import { describe, expect, it } from '@jest/globals';
import {
  allConfig,
  apiConfig,
  assertSeparateKeys,
  ConfigError,
  describeConfig,
  emailSettings,
  outboundProxy,
  payloadSettings,
  producerConfig,
  readConfig,
  redisSettings,
  workerConfig,
} from '../../src/config/index.js';

const KEY_BYTES = Buffer.from('0123456789abcdef'.repeat(2));
const KEY = KEY_BYTES.toString('base64');
const OTHER_KEY = Buffer.alloc(32, 2).toString('base64');
const required = {
  DATABASE_URL: 'postgresql://user:pass-word@db.example/posthorn',
  REDIS_URL: 'redis://:pass-word@redis.example:6379',
  POSTHORN_ENCRYPTION_KEY: KEY,
};

/** Returns the lines of the error message. */
function problems(env: Record<string, string | undefined>, shape: typeof apiConfig = apiConfig): string[] {
  try {
    readConfig(shape, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return String(error).replace('ConfigError: ', '').split('\n');
  }
  return [];
}

const settings = (env: Record<string, string>) => emailSettings(readConfig(producerConfig, env));

const readRedisSettings = (env: Record<string, string>) =>
  redisSettings(readConfig(apiConfig, { ...required, ...env }));

describe('the configuration', () => {
  it('reads outboxes in PostgreSQL and MariaDB', () => {
    const outboxes =
      'shop=postgresql://a@b/c?posthorn_notify=true bank@default=mariadb://a:p%20q@b:3307/c?ssl=require';
    expect(readConfig(producerConfig, { ...required, POSTHORN_OUTBOXES: outboxes }).outboxes).toEqual([
      { name: 'shop', tenant: null, url: 'postgresql://a@b/c?posthorn_notify=true' },
      { name: 'bank', tenant: 'default', url: 'mariadb://a:p%20q@b:3307/c?ssl=require' },
    ]);
  });

  it.each([
    ['shop=redis://a@b/c', 'must have a postgresql:// or mariadb:// URL'],
    ['shop=mariadb://a@b', 'must be mariadb://USER:PASSWORD@HOST:PORT/DATABASE'],
    ['shop=mysql://a@b/c?ssl=yes', 'must be mariadb://USER:PASSWORD@HOST:PORT/DATABASE'],
    ['shop=mariadb://a@10.0.0.1/c?ssl=verify-full', '?ssl=verify-full if HOST is not an IP address'],
    [
      'shop=postgresql://a@b/c?pgbouncer=true&posthorn_notify=true',
      'must not have both posthorn_notify=true and pgbouncer=true',
    ],
    ['a=mariadb://a@b/c a=mariadb://a@b/d', 'must not repeat a name'],
  ])('rejects the outboxes %j', (outboxes, problem) => {
    expect(() => readConfig(producerConfig, { ...required, POSTHORN_OUTBOXES: outboxes })).toThrow(problem);
  });

  it('requires only two URLs and the encryption key', () => {
    const config = readConfig(apiConfig, required);
    expect(Object.keys(config).toSorted()).toEqual(Object.keys(apiConfig).toSorted());
    expect(config).toMatchObject({
      databaseUrl: required.DATABASE_URL,
      redisUrl: required.REDIS_URL,
      encryptionKeys: [KEY_BYTES],
      // One default of each type.
      retentionDays: 60,
      payloadRetentionDays: null,
      queuePrefix: 'posthorn',
      outboundHttp: false,
      keySignIn: true,
      outboundPorts: [443],
      operatorEmails: [],
    });
  });

  it('has a name of its own for each variable', () => {
    const names = Object.values(allConfig).map(({ env }) => env);
    expect(new Set(names).size).toBe(names.length);
  });

  it('does not require an encryption key for the producer', () => {
    const { DATABASE_URL, REDIS_URL } = required;
    expect(readConfig(producerConfig, { DATABASE_URL, REDIS_URL })).toMatchObject({
      producerConcurrency: 500,
    });
  });

  it('accepts the variables of other processes', () => {
    const env = { ...required, POSTHORN_PORT: '9', POSTHORN_WORKER_CONCURRENCY: '7' };
    expect(readConfig(workerConfig, env)).toMatchObject({ workerConcurrency: 7 });
    expect(readConfig(apiConfig, env)).toMatchObject({ port: 9 });
  });

  it('supports a Redis Cluster', () => {
    const nodes = 'redis://a.example:7000,redis://b.example:7000';
    const cluster = { REDIS_URL: nodes, REDIS_CLUSTER: 'true', POSTHORN_QUEUE_PREFIX: '{posthorn}' };
    expect(readRedisSettings({ ...cluster, POSTHORN_QUEUE_SHARDS: '6' })).toEqual({
      redisUrl: nodes,
      cluster: true,
      prefix: '{posthorn}',
      shards: 6,
      laneLimit: null,
    });
    expect(() => readRedisSettings({ ...cluster, REDIS_CLUSTER: 'false' })).toThrow(
      'REDIS_URL has several servers',
    );
    expect(() => readRedisSettings({ ...cluster, POSTHORN_QUEUE_PREFIX: 'posthorn' })).toThrow(
      'must contain a hash tag',
    );
    expect(() => readRedisSettings({ ...cluster, POSTHORN_QUEUE_PREFIX: 'posthorn{}' })).toThrow(
      'must contain a hash tag',
    );
  });

  it('requires a sender, a public URL and a payload key for emails', () => {
    const smtp = { ...required, POSTHORN_SMTP_URL: 'smtps://user:p%40ss@mail.example:465' };
    expect(settings(required)).toBeNull();
    expect(() => settings(smtp)).toThrow('POSTHORN_SMTP_FROM is required');
    const from = { POSTHORN_SMTP_FROM: 'Alerts <alerts@hooks.example>' };
    expect(() => settings({ ...smtp, ...from })).toThrow('POSTHORN_PUBLIC_URL is required');
    const withUrl = { ...smtp, ...from, POSTHORN_PUBLIC_URL: 'https://hooks.example' };
    expect(() => settings(withUrl)).toThrow('POSTHORN_PAYLOAD_KEY is required');
    const all = { ...withUrl, POSTHORN_PAYLOAD_KEY: OTHER_KEY };
    expect(settings({ ...all, POSTHORN_OPERATOR_EMAILS: 'a@b.example, c@d.example' })).toEqual({
      smtp: { url: smtp.POSTHORN_SMTP_URL, from: from.POSTHORN_SMTP_FROM },
      publicOrigin: 'https://hooks.example',
      operatorEmails: ['a@b.example', 'c@d.example'],
      payloadKeys: [Buffer.alloc(32, 2)],
    });
  });

  it('has a proxy, whose password is not shown', () => {
    const env = {
      ...required,
      POSTHORN_OUTBOUND_PROXY: 'socks5://user:hid%40den@proxy.example',
      POSTHORN_OUTBOUND_PROXY_GUARDS: 'true',
    };
    expect(outboundProxy(readConfig(workerConfig, env))).toEqual({
      protocol: 'socks5',
      host: 'proxy.example',
      port: 1080,
      username: 'user',
      password: 'hid@den',
      guards: true,
    });
    expect(outboundProxy(readConfig(workerConfig, required))).toBeNull();
    expect(JSON.stringify(describeConfig(workerConfig, env))).not.toContain('hid');
    const wrong = { ...required, POSTHORN_OUTBOUND_PROXY: 'http://user:hid/den@proxy.example' };
    expect(problems(wrong).join()).not.toContain('hid');
  });

  it('requires a payload key for encrypted payloads', () => {
    const withSetting = { ...required, POSTHORN_ENCRYPT_PAYLOADS: 'true' };
    expect(() => payloadSettings(readConfig(workerConfig, withSetting))).toThrow(
      'POSTHORN_PAYLOAD_KEY is required with POSTHORN_ENCRYPT_PAYLOADS',
    );
    const all = { ...withSetting, POSTHORN_PAYLOAD_KEY: OTHER_KEY };
    expect(payloadSettings(readConfig(workerConfig, all))).toEqual({
      keys: [Buffer.alloc(32, 2)],
      encrypts: true,
    });
    expect(payloadSettings(readConfig(workerConfig, required))).toEqual({ keys: null, encrypts: false });
  });

  it('requires different keys for different purposes', () => {
    const config = readConfig(apiConfig, { ...required, POSTHORN_PAYLOAD_KEY: `${OTHER_KEY},${KEY}` });
    expect(() => assertSeparateKeys(config)).toThrow('must have no key of POSTHORN_ENCRYPTION_KEY');
    assertSeparateKeys({ ...config, payloadKeys: [Buffer.alloc(32, 2)] });
    assertSeparateKeys({ ...config, payloadKeys: null });
  });

  it.each([
    { POSTHORN_SMTP_URL: 'http://mail.example' },
    { POSTHORN_SMTP_FROM: 'Alerts' },
    { POSTHORN_SMTP_FROM: 'Alerts <a@b.example>\r\nBcc: c@d.example' },
    { POSTHORN_OPERATOR_EMAILS: 'a@b.example,<c@d.example>' },
  ])('rejects %j', (env) => {
    expect(problems({ ...required, ...env })).toHaveLength(1);
  });

  it('reports all problems together', () => {
    const found = problems({
      DATABASE_URL: 'mysql://db',
      POSTHORN_ENCRYPTION_KEY: 'short',
      POSTHORN_LOG_LEVEL: 'loud',
      POSTHORN_TYPO: '1',
    });
    expect(found).toHaveLength(5);
    expect(found).toEqual([
      expect.stringContaining('POSTHORN_TYPO is not a setting'),
      expect.stringContaining('DATABASE_URL must be a URL that begins with postgresql://'),
      expect.stringContaining('REDIS_URL is not set'),
      expect.stringContaining('POSTHORN_LOG_LEVEL must be error, warn, info or debug'),
      expect.stringContaining('POSTHORN_ENCRYPTION_KEY must be 32 bytes in base64'),
    ]);
  });

  it('never includes a secret in a problem', () => {
    const env = {
      ...required,
      DATABASE_URL: 'pass-word',
      POSTHORN_ENCRYPTION_KEY: 'pass-word',
      POSTHORN_ADMIN_KEY: 'pass-word',
    };
    expect(problems(env)).toHaveLength(3);
    expect(problems(env).join('')).not.toContain('pass-word');
  });

  it.each([
    ['a slash', 'p@hidden/hidden@db.example'],
    ['a number sign', 'hidden#hidden@db.example'],
    ['a question mark after a port', '1?hidden@db.example'],
    ['a slash after a port', '1/hidden@db.example'],
    ['a percent sign', 'hidden%zz@db.example'],
  ])('refuses a password with %s that is not percent-encoded, without printing it', (_name, rest) => {
    const found = problems({
      ...required,
      DATABASE_URL: `postgres://user:${rest}/posthorn`,
      REDIS_URL: `redis://user:${rest}`,
    });
    expect(found).toEqual([
      expect.stringMatching(/^DATABASE_URL (?:contains|must)/),
      expect.stringMatching(/^REDIS_URL (?:contains|must)/),
    ]);
    expect(found.join('')).not.toMatch(/hidden|db\.example/);
  });

  it('ignores variables of other programs', () => {
    expect(problems({ ...required, HOME: '/root', POSTHORNS: 'x' })).toEqual([]);
  });

  it.each([
    ['DATABASE_URL', 'localhost'],
    ['REDIS_URL', 'http://localhost'],
    ['REDIS_URL', 'redis://a.example,http://b.example'],
    ['REDIS_URL', ','],
    ['POSTHORN_QUEUE_SHARDS', '0'],
    ['POSTHORN_QUEUE_SHARDS', '65'],
    ['POSTHORN_ENCRYPTION_KEY', KEY.slice(1)],
    ['POSTHORN_ENCRYPTION_KEY', `${KEY}\n`],
    ['POSTHORN_ENCRYPTION_KEY', `${KEY},`],
    ['POSTHORN_ENCRYPTION_KEY', `${KEY},${KEY}`],
    ['POSTHORN_ENCRYPTION_KEY', [1, 2, 3, 4, 5, 6].map((n) => Buffer.alloc(32, n).toString('base64')).join()],
    ['POSTHORN_PAYLOAD_KEY', 'short'],
    ['POSTHORN_QUEUE_PREFIX', 'a:b'],
    ['POSTHORN_QUEUE_PREFIX', 'a'.repeat(65)],
    ['POSTHORN_PORT', '65536'],
    ['POSTHORN_PORT', '-1'],
    ['POSTHORN_PORT', '80.5'],
    ['POSTHORN_PORT', '0x50'],
    ['POSTHORN_SHUTDOWN_TIMEOUT_MS', '600001'],
    ['POSTHORN_OUTBOUND_HTTP', 'yes'],
    ['POSTHORN_OUTBOUND_ALLOW', '10.0.0.0'],
    ['POSTHORN_OUTBOUND_ALLOW', '10.0.0.0/33'],
    ['POSTHORN_OUTBOUND_PORTS', '0'],
    ['POSTHORN_OUTBOUND_PORTS', '443,*'],
    ['POSTHORN_OUTBOUND_PROXY', 'proxy.example:3128'],
    ['POSTHORN_OUTBOUND_PROXY', 'ftp://proxy.example'],
    ['POSTHORN_OUTBOUND_PROXY', 'http://proxy.example/path'],
    ['POSTHORN_OUTBOUND_PROXY_GUARDS', 'yes'],
    ['POSTHORN_OUTBOUND_PRIVATE_NETWORKS', '10.0.0.1'],
    ['POSTHORN_EGRESS_ADDRESSES', '198.51.100.7'],
    ['POSTHORN_ADMIN_KEY', 'phk_short'],
    ['POSTHORN_PORTAL_FRAME_ANCESTORS', 'https://a.example, https://b.example'],
    ['POSTHORN_PORTAL_FRAME_ANCESTORS', 'https://a.example; script-src *'],
    ['POSTHORN_PORTAL_FRAME_ANCESTORS', 'https://a.example;'],
    ['POSTHORN_PUBLIC_URL', 'hooks.example'],
    ['POSTHORN_PUBLIC_URL', 'https://hooks.example/posthorn'],
  ])('rejects %s=%j', (name, text) => {
    expect(problems({ ...required, [name]: text })).toEqual([expect.stringMatching(`^${name} `)]);
  });

  it.each([
    ['POSTHORN_OUTBOUND_ALLOW', '10.0.0.0/8, fd00::/8,', { outboundAllow: ['10.0.0.0/8', 'fd00::/8'] }],
    ['POSTHORN_OUTBOUND_PORTS', '443,8443', { outboundPorts: [443, 8443] }],
    ['POSTHORN_OUTBOUND_PORTS', '*', { outboundPorts: '*' }],
    ['POSTHORN_OUTBOUND_HTTP', 'true', { outboundHttp: true }],
    ['POSTHORN_OUTBOUND_PRIVATE_NETWORKS', '10.0.0.0/8', { outboundPrivateNetworks: ['10.0.0.0/8'] }],
    ['POSTHORN_EGRESS_ADDRESSES', '198.51.100.7/32', { egressAddresses: ['198.51.100.7/32'] }],
    ['POSTHORN_PORT', '0', { port: 0 }],
    ['POSTHORN_PORT', '', { port: 8080 }],
    ['POSTHORN_PUBLIC_URL', 'https://Hooks.example:443/', { publicOrigin: 'https://hooks.example' }],
    [
      'POSTHORN_PORTAL_FRAME_ANCESTORS',
      ' https://a.example  https://*.b.example:8443/ ',
      { portalFrameAncestors: ['https://a.example', 'https://*.b.example:8443'] },
    ],
    ['METRICS_TOKEN', 't', { metricsToken: 't' }],
    ['POSTHORN_ENCRYPTION_KEY', `${OTHER_KEY},${KEY}`, { encryptionKeys: [Buffer.alloc(32, 2), KEY_BYTES] }],
    ['POSTHORN_PAYLOAD_KEY', OTHER_KEY, { payloadKeys: [Buffer.alloc(32, 2)] }],
    ['REDIS_URL', 'rediss://r', { redisUrl: 'rediss://r' }],
    ['DATABASE_URL', 'postgres://u:p%40ss%2Fw@db/n', { databaseUrl: 'postgres://u:p%40ss%2Fw@db/n' }],
    ['DATABASE_URL', 'postgres:///n?host=/run/pg', { databaseUrl: 'postgres:///n?host=/run/pg' }],
  ])('accepts %s=%j', (name, text, expected) => {
    expect(readConfig(apiConfig, { ...required, [name]: text })).toMatchObject(expected);
  });
});

describe('the configuration in the log', () => {
  it('shows effective values, and only whether secrets are set', () => {
    const described = describeConfig(apiConfig, {
      ...required,
      POSTHORN_PORT: '9',
      METRICS_TOKEN: 'hush-hush-hush-hush',
    });
    expect(described).toMatchObject({
      DATABASE_URL: '(set)',
      POSTHORN_ENCRYPTION_KEY: '(set)',
      METRICS_TOKEN: '(set)',
      POSTHORN_ADMIN_KEY: '',
      POSTHORN_PORT: '9',
      POSTHORN_HOST: '0.0.0.0',
    });
    expect(JSON.stringify(described)).not.toMatch(/pass-word|hush|MDEy/);
  });
});
