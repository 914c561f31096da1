// The examples that publish in their own transaction.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { installOutbox } from '@posthorn/database/outbox';
import { type Stack, startStack } from '@posthorn/local';
import { EXAMPLES, examplesUnder } from './listed-examples.js';
import { outputOf } from './shell.js';

const examples = await examplesUnder('Publish in your own transaction');

let stack: Stack;
/** The database of an application. */
let application: Database;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, services: false });
  application = connect({ url: stack.databaseUrl, applicationName: 'application' });
  await installOutbox(application.pool, { publishers: [], readers: [] });
  // Programs that lose the parameters of their URL cannot set `paid`.
  await application.pool.query(
    `CREATE TABLE public.invoice (id text PRIMARY KEY, paid boolean NOT NULL DEFAULT false
       CHECK (NOT paid OR current_setting('lock_timeout') = '4321ms'))`,
  );
}, 120_000);

afterAll(async () => {
  await application?.stop();
  await stack?.stop();
}, 60_000);

it('README.md lists the examples', () => {
  expect(examples.map(({ language }) => language)).toEqual([
    'Node with pg',
    'Node with Prisma',
    'Python with SQLAlchemy',
    'Java with JDBC',
  ]);
});

describe('an event is published if its transaction commits', () => {
  for (const { language, command, missing } of examples) {
    const test = missing === undefined ? it : it.skip;
    const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;
    test(`by ${language}${skipped}`, async () => {
      const invoice = /in_\d/.exec(command)?.[0] ?? '';
      await application.pool.query('INSERT INTO invoice (id) VALUES ($1), ($2)', [
        invoice,
        `${invoice}-declined`,
      ]);
      // Prisma would otherwise download a program that it does not use.
      const url = `${stack.databaseUrl}?options=-c%20lock_timeout%3D4321`;
      const env = { DATABASE_URL: url, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
      expect(await outputOf(command, { cwd: EXAMPLES, env })).toContain('The card was declined');
      const paid = await application.pool.query('SELECT id FROM invoice WHERE paid AND id LIKE $1', [
        `${invoice}%`,
      ]);
      expect(paid.rows).toEqual([{ id: invoice }]);
      const published = await application.pool.query('DELETE FROM posthorn.outbox RETURNING type, data');
      expect(published.rows).toHaveLength(1);
      expect(published.rows[0]?.type).toBe('invoice.paid');
      expect(JSON.parse(published.rows[0]?.data)).toEqual({ invoice });
    }, 300_000);
  }
});
