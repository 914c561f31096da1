import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { mayDropData } from '@posthorn/database/server';
import { freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import { checkDatabase } from '../src/doctor/check-database.js';
import { checkRetention } from '../src/doctor/check-retention.js';
import { runHere } from './fixtures/command-line.js';

const HOUR_MS = 3_600_000;

describe('posthorn maintenance confirm', () => {
  let fresh: FreshDatabase;
  let database: Database;
  beforeAll(async () => {
    fresh = await freshDatabase();
    database = connect({ url: fresh.url, applicationName: 'test' });
  });
  afterAll(async () => {
    await database.stop();
    await fresh.drop();
  });

  const confirm = (...flags: string[]) =>
    runHere(['maintenance', 'confirm', ...flags], { env: { DATABASE_URL: fresh.url } });

  it('confirms the difference that the last maintenance has found, once', async () => {
    expect(await confirm()).toMatchObject({ code: 0, stdout: 'Nothing to confirm: the clocks agree\n' });
    expect(await mayDropData(database.pool, -36 * HOUR_MS)).toBe(false);
    expect(
      await checkDatabase(fresh.url, { sealers: {}, payloads: { hasKey: false, encrypts: false } }),
    ).toContainEqual(
      expect.objectContaining({
        check: 'retention',
        level: 'error',
        message: 'Nothing is dropped: PostgreSQL is 36.0 hours behind a producer',
      }),
    );
    expect(await confirm()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Confirmed: PostgreSQL is 36\.0 hours behind a producer\. .* both clocks\.\n$/,
      ),
    });
    expect(await mayDropData(database.pool, -36 * HOUR_MS)).toBe(true);
    expect(await confirm()).toMatchObject({
      code: 0,
      stdout: 'Already confirmed: PostgreSQL is 36.0 hours behind a producer\n',
    });
    expect((await confirm('--json')).json()).toEqual({ changed: false, differenceMs: -36 * HOUR_MS });
  });

  it('requires DATABASE_URL', async () => {
    expect(await runHere(['maintenance', 'confirm'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DATABASE_URL is not set'),
    });
  });
});

describe('checkRetention', () => {
  it('accepts clocks that agree, and warns about a confirmed difference', () => {
    expect(checkRetention(null)).toMatchObject({ level: 'ok' });
    expect(checkRetention({ differenceMs: 2 * HOUR_MS, confirmed: true })).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('PostgreSQL is 2.0 hours ahead of a producer'),
    });
  });
});
