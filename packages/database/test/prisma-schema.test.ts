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

/** The script that would turn the migrated database into what the schema says. */
async function diffTo(schemaFile: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [DIFF, db.url, schemaFile]);
  return stdout.trim();
}

// Daily partitions and functions are no difference to the engine: it does not read them.
describe('schema.prisma', () => {
  it('says what the migrations make', async () => {
    expect(await diffTo(SCHEMA)).toBe('-- This is an empty migration.');
  });

  it('would be caught with an index that is missing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'posthorn-schema-'));
    const schema = await readFile(SCHEMA, 'utf8');
    const changed = schema.replace('@@index([deliveryId])', '');
    expect(changed).not.toBe(schema);
    await writeFile(path.join(folder, 'schema.prisma'), changed);
    expect(await diffTo(path.join(folder, 'schema.prisma'))).toContain(
      'DROP INDEX "attempt_delivery_id_idx"',
    );
    await rm(folder, { recursive: true });
  });
});
