import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSealer, DEFAULT_TENANT_ID } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { PayloadKeys, registerKey } from '@posthorn/database/encryption';
import { ensureHashKey, ensureNotificationKey } from '@posthorn/database/settings';
import { freshDatabase, type FreshDatabase, overriding } from '@posthorn/testkit';
import { checkDatabase } from '../src/doctor/check-database.js';
import { checkKeys } from '../src/doctor/check-keys.js';
import { checkPayloads } from '../src/doctor/check-payloads.js';
import { runHere } from './fixtures/command-line.js';

const [old, next, payload] = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;
const [before, during, after] = [createSealer(old), createSealer(next, old), createSealer(next)];
const payloadSealer = createSealer(payload);
const textOf = (...keys: Buffer[]) => keys.map((key) => key.toString('base64')).join(',');

let fresh: FreshDatabase;
let database: Database;
let folder: string;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = connect({ url: fresh.url, applicationName: 'test' });
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-keys-'));
});
afterAll(async () => {
  await database.stop();
  await fresh.drop();
  rmSync(folder, { recursive: true });
});

const endProcesses = () => database.pool.query(`UPDATE encryption_key SET used_at = '2000-01-01'`);

beforeEach(async () => {
  await database.pool.query('TRUNCATE encryption_key, setting, payload_key');
  await registerKey(database.pool, 'encryption', before);
  await registerKey(database.pool, 'payload', payloadSealer);
  await ensureHashKey(database.pool, before);
  await ensureNotificationKey(database.pool, payloadSealer);
});

const encryption = (command: string, keys: string, ...flags: string[]) =>
  runHere(['encryption', command, ...flags], {
    env: {
      DATABASE_URL: fresh.url,
      POSTHORN_ENCRYPTION_KEY: keys,
      POSTHORN_PAYLOAD_KEY: textOf(payload),
      POSTHORN_URL: 'https://hooks.example',
    },
  });

const findings = async (sealer: typeof before) =>
  (
    await checkDatabase(fresh.url, {
      sealers: { encryption: sealer, payload: payloadSealer },
      payloads: { hasKey: true, encrypts: false },
    })
  ).filter(({ check }) => check.endsWith(' key'));

describe('posthorn encryption', () => {
  it('rotates the keys, and says which ones are needed', async () => {
    expect(await findings(before)).toMatchObject([
      { check: 'encryption key', level: 'ok', message: `${before.keyId} has sealed 1 setting` },
      { check: 'payload key', level: 'ok', message: `${payloadSealer.keyId} has sealed 1 setting` },
    ]);
    expect(await findings(createSealer(old, next))).toMatchObject([
      { level: 'ok' },
      { level: 'ok', message: expect.stringContaining(`${after.keyId} is not needed`) },
      { level: 'ok' },
    ]);
    await registerKey(database.pool, 'encryption', during);
    await endProcesses();
    expect(await findings(during)).toMatchObject([
      { level: 'ok', message: `${after.keyId} has sealed nothing` },
      {
        level: 'warning',
        message: `${before.keyId} is still needed: it has sealed 1 setting`,
        advice: expect.stringContaining('posthorn encryption rotate'),
      },
      { level: 'ok' },
    ]);
    const rotated = await encryption('rotate', textOf(next, old));
    expect(rotated).toMatchObject({ code: 0, stderr: expect.stringContaining('1 of 1 values') });
    expect(rotated.stdout.split('\n')).toEqual([
      `Everything is sealed with the key ${after.keyId} of POSTHORN_ENCRYPTION_KEY; 1 value was sealed again. Remove ${before.keyId} from POSTHORN_ENCRYPTION_KEY in all processes.`,
      `Everything is sealed with the key ${payloadSealer.keyId} of POSTHORN_PAYLOAD_KEY; 0 values were sealed again.`,
      '',
    ]);
    expect((await encryption('rotate', textOf(next), '--json')).json()).toEqual({
      data: [
        { purpose: 'encryption', keyId: after.keyId, resealed: 0, unneeded: [] },
        { purpose: 'payload', keyId: payloadSealer.keyId, resealed: 0, unneeded: [] },
      ],
    });
    expect(await findings(during)).toMatchObject([
      { level: 'ok', message: `${after.keyId} has sealed 1 setting` },
      { level: 'ok', message: expect.stringContaining(`${before.keyId} is not needed`) },
      { level: 'ok' },
    ]);
    expect(await findings(before)).toMatchObject([
      { level: 'ok', message: `${before.keyId} has sealed nothing` },
      {
        level: 'error',
        message: `POSTHORN_ENCRYPTION_KEY lacks the key ${after.keyId}, which has sealed 1 setting`,
      },
      { level: 'ok' },
    ]);
  });

  it('counts what each key has sealed', async () => {
    const { stdout } = await encryption('status', textOf(next, old));
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['purpose', 'key', 'role', 'has sealed', 'in use', 'needed'],
      ['encryption', after.keyId, 'seals', 'nothing', 'no', 'no'],
      ['encryption', before.keyId, 'opens', '1 setting', 'yes', 'yes'],
      ['payload', payloadSealer.keyId, 'seals', '1 setting', 'yes', 'yes'],
      [''],
    ]);
    expect((await encryption('status', textOf(next), '--json')).json().data).toContainEqual({
      purpose: 'encryption',
      keyId: before.keyId,
      role: 'missing',
      needed: true,
      inUse: true,
      values: { settings: 1 },
    });
  });

  it('leaves counting that takes too long to the status', async () => {
    const slow = overriding(database.pool, { query: () => Promise.reject(new Error('statement timeout')) });
    expect(await checkKeys(slow, { encryption: before })).toMatchObject([
      { check: 'encryption key', level: 'unknown', message: 'Values are not counted: statement timeout' },
    ]);
  });

  it('names the missing key', async () => {
    await endProcesses();
    expect(await encryption('rotate', textOf(next))).toMatchObject({
      code: 1,
      stderr: `posthorn: POSTHORN_ENCRYPTION_KEY lacks the key ${before.keyId}, with which values in this database are sealed; it has ${after.keyId}\n`,
    });
  });

  it('reads its settings from files, too, and rejects wrong ones', async () => {
    const file = path.join(folder, 'key');
    writeFileSync(file, `${textOf(old)}\n`);
    const env = { DATABASE_URL: fresh.url, POSTHORN_ENCRYPTION_KEY_FILE: file };
    const status = await runHere(['encryption', 'status', '--json'], { env });
    expect(status.json().data).toMatchObject([{ keyId: before.keyId, role: 'seals' }]);
    expect(await encryption('status', 'wrong')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('POSTHORN_ENCRYPTION_KEY must be 32 bytes'),
    });
    expect(await runHere(['encryption', 'rotate'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('POSTHORN_ENCRYPTION_KEY is not set'),
    });
  });

  it('says whether payloads are encrypted', async () => {
    const { pool } = database;
    const on = { hasKey: true, encrypts: true };
    const off = { hasKey: true, encrypts: false };
    expect(await checkPayloads(pool, off)).toMatchObject({ level: 'ok', message: 'Stored in plain text' });
    await new PayloadKeys({ pool, sealer: payloadSealer, encrypts: true }).forPayloads([DEFAULT_TENANT_ID]);
    const stored = '1 data keys of 1 tenants';
    expect(await checkPayloads(pool, on)).toMatchObject({
      level: 'ok',
      message: `Payloads, responses and search values are encrypted: ${stored}`,
    });
    expect(await checkPayloads(pool, off)).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('New ones are stored in plain text'),
    });
    expect(await checkPayloads(pool, { hasKey: false, encrypts: false })).toMatchObject({
      level: 'error',
      message: `Some are encrypted with ${stored}, and POSTHORN_PAYLOAD_KEY is not set`,
    });
    const { stdout } = await encryption('status', textOf(old));
    expect(stdout).toMatch(/1 setting, 1 data key|1 data key, 1 setting/);
  });
});
