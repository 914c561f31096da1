// The Node examples of outboxes. `npm run test:examples` also runs those in other languages.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { installOutbox } from '@posthorn/database/outbox';
import { freshDatabase, type FreshDatabase } from '@posthorn/testkit';

const EXAMPLES = path.resolve(import.meta.dirname, '../../../../examples');

/** The database of an application. */
let fresh: FreshDatabase;
let application: Database;
beforeEach(async () => {
  fresh = await freshDatabase();
  application = connect({ url: fresh.url, applicationName: 'application' });
  await installOutbox(application.pool, { publishers: [], readers: [] });
  await application.pool.query(`
    CREATE TABLE public.invoice (id text PRIMARY KEY, paid boolean NOT NULL DEFAULT false);
    INSERT INTO public.invoice VALUES ('in_1'), ('in_1-declined')`);
});
afterEach(async () => {
  await application.stop();
  await fresh.drop();
});

const run = (...command: string[]) =>
  promisify(execFile)(command[0] ?? '', command.slice(1), {
    cwd: EXAMPLES,
    // Prisma would otherwise download a program that it does not use.
    env: { ...process.env, DATABASE_URL: fresh.url, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
  });

async function expectOnlyCommitted(): Promise<void> {
  const paid = await application.pool.query('SELECT id FROM public.invoice WHERE paid');
  expect(paid.rows).toEqual([{ id: 'in_1' }]);
  const published = await application.pool.query('SELECT type, data FROM posthorn.outbox');
  expect(published.rows).toEqual([{ type: 'invoice.paid', data: '{"invoice":"in_1"}' }]);
}

it('the example with pg publishes what it commits', async () => {
  await run('node', 'node/outbox-pg.js', 'in_1');
  await expectOnlyCommitted();
});

it('the example with Prisma publishes what it commits', async () => {
  await run('npx', 'prisma', 'generate', '--schema', 'node/prisma/schema.prisma');
  await run('node', 'node/outbox-prisma.js', 'in_1');
  await expectOnlyCommitted();
});
