import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  allConfig,
  ConfigError,
  describeConfig,
  type Field,
  readConfig,
  withSecretFiles,
  workerConfig,
} from '../../src/config/index.js';

const KEY = Buffer.alloc(32, 1).toString('base64');
const URL = 'postgresql://user:pass-word@db.example/posthorn';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-secrets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileWith(content: string | Buffer): string {
  files += 1;
  const file = path.join(folder, `${files}`);
  writeFileSync(file, content);
  return file;
}

const required = () => ({
  DATABASE_URL_FILE: fileWith(URL),
  REDIS_URL: 'redis://r',
  POSTHORN_ENCRYPTION_KEY_FILE: fileWith(`${KEY}\n`),
});

/** Returns the problems of an environment. */
function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(workerConfig, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return String(error).replace('ConfigError: ', '').split('\n');
  }
  return [];
}

describe('a secret in a file', () => {
  it('is read without the newline at its end', () => {
    for (const end of ['', '\n', '\r\n'])
      expect(
        readConfig(workerConfig, { ...required(), METRICS_TOKEN_FILE: fileWith(`to ken ${end}`) }),
      ).toMatchObject({
        databaseUrl: URL,
        encryptionKeys: [Buffer.alloc(32, 1)],
        metricsToken: 'to ken ',
      });
  });

  it('may be a link, as Kubernetes mounts it', () => {
    const link = path.join(folder, 'link');
    symlinkSync(fileWith('token'), link);
    expect(readConfig(workerConfig, { ...required(), METRICS_TOKEN_FILE: link })).toMatchObject({
      metricsToken: 'token',
    });
  });

  it('is possible for each secret, and only for secrets', () => {
    const fields: Field[] = Object.values(allConfig);
    const secrets = fields.filter(({ secret }) => secret).map(({ env }) => env);
    expect(secrets.toSorted()).toEqual([
      'DATABASE_URL',
      'METRICS_TOKEN',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'POSTHORN_ADMIN_KEY',
      'POSTHORN_ENCRYPTION_KEY',
      'POSTHORN_OIDC_CLIENT_SECRET',
      'POSTHORN_OIDC_ROLES',
      'POSTHORN_OUTBOUND_PROXY',
      'POSTHORN_OUTBOXES',
      'POSTHORN_PAYLOAD_KEY',
      'POSTHORN_SMTP_URL',
      'REDIS_URL',
    ]);
    const named = Object.fromEntries(secrets.map((env) => [`${env}_FILE`, fileWith(`value of ${env}`)]));
    expect(withSecretFiles({ ...named, OTHER: 'x' })).toEqual({
      ...Object.fromEntries(secrets.map((env) => [env, `value of ${env}`])),
      OTHER: 'x',
    });
    expect(problemsOf({ ...required(), POSTHORN_PORT_FILE: '/x' })).toEqual([
      expect.stringContaining('POSTHORN_PORT_FILE is not a setting'),
    ]);
  });

  it('is unset if the variable is empty', () => {
    expect(readConfig(workerConfig, { ...required(), METRICS_TOKEN_FILE: '' }).metricsToken).toBeNull();
  });

  it('is no secret of the others', () => {
    expect(problemsOf({ ...required(), POSTHORN_ADMIN_KEY_FILE: '/missing' })).toEqual([]);
  });

  it.each([
    ['missing', () => '/missing/file', 'names a file that cannot be read (ENOENT)'],
    ['a folder', () => folder, 'is not the path of a file'],
    ['a device', () => '/dev/zero', 'is not the path of a file'],
    ['empty', () => fileWith(''), 'names an empty file'],
    ['a newline', () => fileWith('\n'), 'names an empty file'],
    ['too large', () => fileWith('x'.repeat(65_537)), 'names a file of more than 65536 bytes'],
  ])('is rejected if the file is %s', (_name, make, problem) => {
    expect(problemsOf({ ...required(), METRICS_TOKEN_FILE: make() })).toEqual([
      `METRICS_TOKEN_FILE ${problem}`,
    ]);
    expect(() => withSecretFiles({ METRICS_TOKEN_FILE: make() })).toThrow(problem);
  });

  it('is rejected if the variable is set, too, and replaces no other message', () => {
    expect(problemsOf({ ...required(), DATABASE_URL: URL })).toEqual([
      'DATABASE_URL_FILE and DATABASE_URL are both set',
    ]);
    expect(problemsOf({ ...required(), POSTHORN_ENCRYPTION_KEY_FILE: fileWith('pass-word') })).toEqual([
      expect.stringMatching(/^POSTHORN_ENCRYPTION_KEY must be 32 bytes/),
    ]);
  });

  it('is not logged', () => {
    expect(describeConfig(workerConfig, required())).toMatchObject({
      DATABASE_URL: '(set)',
      POSTHORN_ENCRYPTION_KEY: '(set)',
      METRICS_TOKEN: '',
    });
  });
});
