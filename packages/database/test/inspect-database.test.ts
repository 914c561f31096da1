import { expect, it } from '@jest/globals';
import { inspectDatabase } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

it('finds a migrated database up to date, of a version and with a clock', async () => {
  const report = await inspectDatabase(db.pool);
  expect(report.version).toMatch(/^\d+\.\d+$/);
  expect(report.versionNumber).toBeGreaterThanOrEqual(150_000);
  expect(Math.abs(report.clockOffsetMs)).toBeLessThan(1000);
  expect(report.migrations).toEqual({ missing: [], unknown: [], broken: [] });
});

it('names the migrations that do not fit', async () => {
  const { rows } = await db.pool.query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations ORDER BY migration_name',
  );
  const [missing, changed, halfWay] = rows.map(({ name }) => name);
  await db.pool.query('DELETE FROM _prisma_migrations WHERE migration_name = $1', [missing]);
  await db.pool.query("UPDATE _prisma_migrations SET checksum = 'x' WHERE migration_name = $1", [changed]);
  await db.pool.query('UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1', [
    halfWay,
  ]);
  await db.pool.query(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', 'y', '29990101000000_later')",
  );
  expect((await inspectDatabase(db.pool)).migrations).toEqual({
    missing: [missing],
    unknown: ['29990101000000_later'],
    broken: [changed, halfWay],
  });
});

it('reads a database that nothing was applied to, and writes nothing', async () => {
  await db.pool.query('DROP TABLE _prisma_migrations');
  const { migrations } = await inspectDatabase(db.pool);
  expect(migrations.missing).not.toEqual([]);
  const { rows } = await db.pool.query("SELECT to_regclass('_prisma_migrations') AS there");
  expect(rows).toEqual([{ there: null }]);
});
