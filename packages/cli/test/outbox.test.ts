import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import {
  freshDatabase,
  type FreshDatabase,
  type FreshMariadb,
  hasMariadb,
  type OwnMariadb,
  startOwnMariadb,
} from '@posthorn/testkit';
import { checkOutbox } from '../src/doctor/check-outbox.js';
import { runHere } from './fixtures/command-line.js';

describe('posthorn outbox', () => {
  /** The database of an application. */
  let fresh: FreshDatabase;
  let application: Database;
  beforeAll(async () => {
    fresh = await freshDatabase();
    application = connect({ url: fresh.url, applicationName: 'application' });
  });
  afterAll(async () => {
    await application.stop();
    await fresh.drop();
  });

  const install = () => runHere(['outbox', 'install', '--url', fresh.url]);
  const status = (...flags: string[]) => runHere(['outbox', 'status', '--url', fresh.url, ...flags]);
  const publish = () => application.pool.query(`SELECT posthorn.publish('invoice.paid', '{"id":1}')`);

  const triggers = async () => {
    const { rows } = await application.pool.query("SELECT tgname FROM pg_trigger WHERE tgname = 'notify'");
    return rows.length;
  };

  it('prints the SQL that creates an outbox', async () => {
    const { code, stdout } = await runHere(['outbox', 'install', '--print', '--publisher', 'postgres']);
    expect(code).toBe(0);
    expect(stdout).toContain('TO "postgres";');
    // As in a migration of the application.
    await application.pool.query(`BEGIN; ${stdout.replaceAll('"postgres"', 'CURRENT_USER')}; COMMIT`);
    await publish();
    await application.pool.query('DROP SCHEMA posthorn CASCADE');
  });

  it('installs an outbox, again without effect, and counts its rows', async () => {
    expect(await install()).toMatchObject({ code: 0, stdout: 'The outbox is installed\n' });
    await publish();
    expect(await install()).toMatchObject({ code: 0 });
    expect((await status()).stdout).toMatch(/^1 row waits, the oldest for \d+ s\n$/);
    expect((await status('--json')).json()).toMatchObject({ rows: 1 });
    await application.pool.query('DELETE FROM posthorn.outbox');
    expect((await status()).stdout).toBe('The outbox is empty\n');
  });

  it('notifies producers of inserts if it is asked to, and keeps doing so', async () => {
    await install();
    expect(await triggers()).toBe(0);
    const notify = ['outbox', 'install', '--url', fresh.url, '--notify'];
    expect(await runHere(notify)).toMatchObject({ code: 0 });
    expect(await runHere(notify)).toMatchObject({ code: 0 });
    await install();
    expect(await triggers()).toBe(1);
    expect((await runHere(['outbox', 'install', '--print', '--notify'])).stdout).toContain(
      'CREATE TRIGGER notify',
    );
  });

  it('does not lock the outbox if it notifies already, and otherwise waits only shortly for its writers', async () => {
    await install();
    await application.pool.query('DROP TRIGGER IF EXISTS notify ON posthorn.outbox');
    const notify = ['outbox', 'install', '--url', fresh.url, '--notify'];
    const writer = await application.pool.connect();
    await writer.query(`BEGIN; SELECT posthorn.publish('invoice.paid', '{}')`);
    const { code, stderr } = await runHere(notify);
    expect([code, stderr]).toEqual([1, expect.stringContaining('lock timeout')]);
    await writer.query('ROLLBACK');
    expect(await runHere(notify)).toMatchObject({ code: 0 });
    await writer.query(`BEGIN; SELECT posthorn.publish('invoice.paid', '{}')`);
    expect(await runHere(notify)).toMatchObject({ code: 0 });
    await writer.query('ROLLBACK');
    writer.release();
    const printed = await runHere(['outbox', 'install', '--print', '--notify']);
    expect(printed.stdout).toContain("SET LOCAL lock_timeout = '2s'");
  });

  it('says what is missing', async () => {
    expect(await runHere(['outbox', 'install'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Set --url to the database of your application, or use --print.'),
    });
    expect(await runHere(['outbox', 'status'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Set --url to the database of your application.'),
    });
  });

  it.each([
    ['before', (url: string) => ['--url', url, 'outbox', 'status']],
    ['after', (url: string) => ['outbox', 'status', '--url', url]],
  ])('does not take the URL of the API for that of a database: %s the command', async (_place, words) => {
    expect(await runHere(words('https://posthorn.example'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '--url must be the database of your application, postgresql://… or mariadb://…: this command does not use the API.',
      ),
    });
  });

  it.each(['install', 'status'])('describes --url only as the database in its help: %s', async (command) => {
    const { stdout } = await runHere(['outbox', command, '--help']);
    expect(stdout.match(/--url <url> .*/g)).toEqual([
      expect.stringContaining('Database of your application'),
    ]);
    expect(stdout).toContain('--json');
  });

  it('changes nothing if a role does not exist', async () => {
    await application.pool.query('DROP SCHEMA IF EXISTS posthorn CASCADE');
    const { code, stderr } = await runHere(['outbox', 'install', '--url', fresh.url, '--reader', 'nobody']);
    expect(code).toBe(1);
    expect(stderr).toContain('role "nobody" does not exist');
    const { rows } = await application.pool.query(`SELECT FROM pg_namespace WHERE nspname = 'posthorn'`);
    expect(rows).toEqual([]);
  });

  it('is checked by the doctor', async () => {
    await install();
    const outbox = { name: 'shop', tenant: null, url: fresh.url };
    expect(await checkOutbox(outbox)).toMatchObject({ level: 'ok', message: 'shop has 0 rows' });
    await application.pool.query(
      "INSERT INTO posthorn.outbox (type, data, created_at) VALUES ('a', '{}', now() - interval '1 hour')",
    );
    expect(await checkOutbox(outbox)).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/^shop is not emptied: its oldest row is 36\d\d s old$/),
    });
    await application.pool.query('DROP SCHEMA posthorn CASCADE');
    expect(await checkOutbox(outbox)).toMatchObject({
      level: 'error',
      message: expect.stringContaining('relation "posthorn.outbox" does not exist'),
    });
  });
});

(hasMariadb() ? describe : describe.skip)('posthorn outbox with MariaDB', () => {
  let server: OwnMariadb;
  /** The database of an application. */
  let application: FreshMariadb;
  beforeAll(async () => {
    server = await startOwnMariadb();
    application = await server.freshDatabase();
  });
  afterAll(async () => {
    await application.drop();
    await server.stop();
  });

  const install = (...flags: string[]) => runHere(['outbox', 'install', '--url', application.url, ...flags]);
  const status = () => runHere(['outbox', 'status', '--url', application.url]);

  it('prints the SQL that creates an outbox', async () => {
    const { code, stdout } = await install('--print', '--publisher', 'root', '--reader', "o'neil@10.0.0.%");
    expect(code).toBe(0);
    expect(stdout).toContain("TO 'root'@'%';");
    expect(stdout).toContain("GRANT SELECT, DELETE ON posthorn_outbox TO 'o''neil'@'10.0.0.%';");
    // As in a migration of the application.
    await application.pool.query("CREATE USER 'root'@'%', 'o''neil'@'10.0.0.%'");
    await application.pool.query(stdout);
    await application.pool.query(`CALL posthorn_publish('invoice.paid', '{"id":1}')`);
    await application.pool.query('DROP TABLE posthorn_outbox');
  });

  it('installs an outbox, again without effect, and counts its rows', async () => {
    expect(await install()).toMatchObject({ code: 0, stdout: 'The outbox is installed\n' });
    await application.pool.query(`CALL posthorn_publish('invoice.paid', '{"id":1}')`);
    expect(await install()).toMatchObject({ code: 0 });
    expect((await status()).stdout).toMatch(/^1 row waits, the oldest for \d+ s\n$/);
    await application.pool.query('DELETE FROM posthorn_outbox');
    expect((await status()).stdout).toBe('The outbox is empty\n');
  });

  it.each(['install', 'status'])('says what is wrong with the URL: %s', async (command) => {
    for (const parameters of ['tls=yes', 'ssl=verify-full'])
      expect(
        await runHere(['outbox', command, '--url', `mariadb://root@127.0.0.1/shop?${parameters}`]),
      ).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(
          '--url must be mariadb://USER:PASSWORD@HOST:PORT/DATABASE, optionally with ?ssl=require, or ?ssl=verify-full if HOST is not an IP address',
        ),
      });
  });

  it('has no notifications', async () => {
    expect(await install('--notify')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('MariaDB has no notifications: use --notify with PostgreSQL.'),
    });
  });

  it('is checked by the doctor', async () => {
    await install();
    const outbox = { name: 'shop', tenant: null, url: application.url };
    expect(await checkOutbox(outbox)).toMatchObject({ level: 'ok', message: 'shop has 0 rows' });
    await application.pool.query(
      "INSERT INTO posthorn_outbox (type, data, created_at) VALUES ('a', '{}', now() - INTERVAL 1 HOUR)",
    );
    expect(await checkOutbox(outbox)).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/^shop is not emptied: its oldest row is 36\d\d s old$/),
    });
    await application.pool.query('SET GLOBAL read_only = 1');
    expect(await checkOutbox(outbox)).toMatchObject({
      level: 'error',
      message: expect.stringContaining('The server is read-only; it may be a replica'),
    });
    expect(await status()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The server is read-only; it may be a replica'),
    });
    await application.pool.query('SET GLOBAL read_only = 0');
    await application.pool.query('DROP TABLE posthorn_outbox');
    expect(await checkOutbox(outbox)).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/^shop at 127.0.0.1:\d+\/.+ cannot be read: .+ doesn't exist$/),
    });
  });
});
