import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const SCHEMA = path.resolve(import.meta.dirname, '../../../prisma/schema.prisma');
const DIFF = path.join(import.meta.dirname, 'fixtures/diff-to-schema.mjs');

/** Returns the SQL script that migrates the database to a schema. */
async function diffTo(schemaFile: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [DIFF, db.url, schemaFile]);
  return stdout.trim();
}

// The engine ignores daily partitions and functions.
describe('schema.prisma', () => {
  it('matches the migrations', async () => {
    expect(await diffTo(SCHEMA)).toBe('-- This is an empty migration.');
  });

  it('differs from the migrations when an index is missing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'posthorn-schema-'));
    const schema = await readFile(SCHEMA, 'utf8');
    const changed = schema.replace('@@index([deliveryId])', '');
    expect(changed).not.toBe(schema);
    await writeFile(path.join(folder, 'schema.prisma'), changed);
    expect(await diffTo(path.join(folder, 'schema.prisma'))).toContain(
      'DROP INDEX "earlier_attempt_delivery_id_idx"',
    );
    await rm(folder, { recursive: true });
  });
});
