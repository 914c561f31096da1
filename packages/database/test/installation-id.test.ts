import { expect, it } from '@jest/globals';
import { ensureInstallationId, readInstallationId } from '../src/settings/settings.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

it('a database gets one installation id, which every process reads', async () => {
  await db.pool.query("DELETE FROM setting WHERE key = 'installation_id'");
  expect(await readInstallationId(db.pool)).toBeNull();
  const ids = await Promise.all([1, 2, 3].map(() => ensureInstallationId(db.pool)));
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(await readInstallationId(db.pool)).toBe(ids[0]);
});
