import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type DataDirectory, loadOrCreateSecrets, openDataDirectory } from '../src/data-directory.js';
import { settingsOf } from '../src/settings-of.js';

let directory: DataDirectory;
beforeEach(() => {
  directory = openDataDirectory(mkdtempSync(path.join(tmpdir(), 'posthorn-')));
});
afterEach(() => rmSync(directory.root, { recursive: true }));

it('creates the keys once, for its owner only', () => {
  const secrets = loadOrCreateSecrets(directory, {});
  for (const key of [secrets.encryptionKey, secrets.payloadKey])
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(secrets.payloadKey).not.toBe(secrets.encryptionKey);
  expect(loadOrCreateSecrets(directory, {})).toEqual(secrets);
  for (const name of ['encryption-key', 'payload-key'])
    expect(statSync(path.join(directory.root, name)).mode & 0o777).toBe(0o600);
});

it('prefers the keys of the environment, also in files', () => {
  const file = path.join(directory.root, 'mounted');
  writeFileSync(file, 'p\n');
  const env = settingsOf({
    POSTHORN_ENCRYPTION_KEY: 'e',
    POSTHORN_PAYLOAD_KEY: '',
    POSTHORN_PAYLOAD_KEY_FILE: file,
  });
  expect(loadOrCreateSecrets(directory, env)).toMatchObject({ encryptionKey: 'e', payloadKey: 'p' });
  expect(env).not.toHaveProperty('POSTHORN_PAYLOAD_KEY_FILE');
});
