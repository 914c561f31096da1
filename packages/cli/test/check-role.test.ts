import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { readRestoreFacts } from '@posthorn/database/restores';
import { inspectDatabase } from '@posthorn/database/server';
import { freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import { checkHiddenRoles, checkHistory } from '../src/doctor/check-role.js';

let database: FreshDatabase;
let owner: Database;
let connections: Record<'doctor' | 'writer' | 'reader', Database>;

/** Returns a name that has to be quoted in SQL. */
const nameOf = (role: string): string => `p-${new URL(database.url).pathname.slice(1)}_${role}`;

async function connectAs(role: keyof typeof connections, tables: string): Promise<Database> {
  const name = nameOf(role);
  await owner.pool.query(
    `CREATE ROLE "${name}" LOGIN PASSWORD 'PASSWORD'; GRANT ${tables} ON ALL TABLES IN SCHEMA public TO "${name}"`,
  );
  const url = Object.assign(new URL(database.url), { username: name, password: 'PASSWORD' }).href;
  const connected = connect({ url, applicationName: role, max: 1 });
  await connected.pool.query('SELECT');
  return connected;
}

beforeAll(async () => {
  database = await freshDatabase();
  owner = connect({ url: database.url, applicationName: 'owner', max: 1 });
  connections = {
    doctor: await connectAs('doctor', 'SELECT'),
    writer: await connectAs('writer', 'SELECT, INSERT'),
    reader: await connectAs('reader', 'SELECT'),
  };
});
afterAll(async () => {
  for (const each of Object.values(connections)) await each.stop();
  for (const role of Object.keys(connections))
    await owner.pool.query(`DROP OWNED BY "${nameOf(role)}"; DROP ROLE "${nameOf(role)}"`);
  await owner.stop();
  await database.drop();
});

const checkUsage = async () => checkHiddenRoles((await inspectDatabase(connections.doctor.pool)).role);

async function checkRestores() {
  const { pool } = connections.doctor;
  return checkHistory((await inspectDatabase(pool)).role, (await readRestoreFacts(pool)).history);
}

/** Runs the first statement of an advice. */
async function follow(advice = ''): Promise<void> {
  const [grant = 'no GRANT'] = /GRANT .*? TO "[^"]+"/.exec(advice) ?? [];
  await owner.pool.query(grant);
}

it('warns while transactions of roles that may write are hidden, until its advice is followed', async () => {
  const finding = await checkUsage();
  expect(finding).toMatchObject({
    check: 'usage',
    level: 'warning',
    message: expect.stringContaining(nameOf('writer')),
  });
  expect(finding.message).not.toContain(nameOf('reader'));
  await follow(finding.advice);
  expect(await checkUsage()).toMatchObject({ check: 'usage', level: 'ok' });
});

it.each(['pg_control_system()', 'pg_current_wal_insert_lsn()', 'pg_walfile_name(pg_lsn)'])(
  'warns while it may not execute %s, until its advice is followed',
  async (name) => {
    expect(await checkRestores()).toMatchObject({ check: 'restores', level: 'ok' });
    await owner.pool.query(
      `REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC; REVOKE EXECUTE ON FUNCTION ${name} FROM "${nameOf('doctor')}"`,
    );
    const finding = await checkRestores();
    expect(finding).toMatchObject({ check: 'restores', level: 'warning' });
    await follow(finding.advice);
    expect(await checkRestores()).toMatchObject({ check: 'restores', level: 'ok' });
  },
);
