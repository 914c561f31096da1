import { expect, it } from '@jest/globals';
import { inspectDatabase } from '../src/server/inspect-database.js';
import { migrate } from '../src/server/migrate.js';
import { createMigrationsFolder } from './fixtures/migrations-folder.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

it('reports version, clock offset and no pending migrations for a migrated database', async () => {
  const report = await inspectDatabase(db.pool);
  expect(report.version).toMatch(/^\d+\.\d+$/);
  expect(report.versionNumber).toBeGreaterThanOrEqual(150_000);
  // The statement may have taken long, but not as long as the offset of a time zone.
  expect(Math.abs(report.clockOffsetMs)).toBeLessThan(60_000);
  expect(report.migrations).toEqual({ pending: [], unknown: [], invalid: [] });
  expect(report.locks.maxLocksPerTransaction).toBeGreaterThan(0);
  // Deliveries and events of three days with their default partitions, parents and indexes. Deliveries have two parents, of which one has no
  // primary key.
  expect(report.locks.locksOfLargestStatement).toBe(1 + 8 + 5 * (1 + 9) + 5 * (1 + 4));
  expect(report.replication).toMatchObject({ replicas: 0, synchronousStandbyNames: '' });
});

it('reports pending, unknown, changed and unfinished migrations', async () => {
  await db.pool.query('DELETE FROM _prisma_migrations');
  const folder = await createMigrationsFolder();
  for (const name of ['1_changed', '2_unfinished', '3_applied', '4_pending', '5_unknown']) {
    if (name !== '4_pending') await folder.write(name, 'SELECT 1');
  }
  await migrate(db.url, { migrationsDir: folder.path });
  await folder.remove();

  const ours = await createMigrationsFolder();
  for (const name of ['1_changed', '2_unfinished', '3_applied', '4_pending'])
    await ours.write(name, name === '1_changed' ? 'SELECT 2' : 'SELECT 1');
  await db.pool.query(
    "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_unfinished'",
  );
  expect((await inspectDatabase(db.pool, ours.path)).migrations).toEqual({
    pending: ['4_pending'],
    unknown: ['5_unknown'],
    invalid: ['1_changed', '2_unfinished'],
  });
  await ours.remove();
});

it('reports all migrations as pending for an empty database, and writes nothing', async () => {
  await db.pool.query('DROP TABLE _prisma_migrations');
  const { migrations } = await inspectDatabase(db.pool);
  expect(migrations.pending).not.toEqual([]);
  const { rows } = await db.pool.query(`SELECT to_regclass('_prisma_migrations') AS "table"`);
  expect(rows).toEqual([{ table: null }]);
});
