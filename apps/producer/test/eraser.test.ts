import { beforeEach, expect, it } from '@jest/globals';
import { encodeId, newId } from '@posthorn/core';
import { NO_PAYLOAD_KEYS } from '@posthorn/database/encryption';
import { ERASURES_ARE_DUE, listRunningErasures } from '@posthorn/database/erasures';
import { createDueWorkFinder } from '@posthorn/database/work';
import type { Push } from '@posthorn/queue';
import { createLogger } from '@posthorn/runtime';
import { createEraser, type EraserDeps } from '../src/erasures/eraser.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

const healthy: EraserDeps['redis'] = { removePushes: async () => new Set(), rewriteFiles: async () => 1 };

let noted: number;
beforeEach(() => {
  noted = 0;
});

function createRun(redis: Partial<EraserDeps['redis']> = {}): () => Promise<boolean> {
  return createEraser({
    pool: database.pool,
    payloadKeys: NO_PAYLOAD_KEYS,
    queue: { enqueue: async () => {} },
    redis: { ...healthy, ...redis },
    quarantine: { state: 'released', noteErasure: async () => void (noted += 1) },
    logger: createLogger({ service: 'test', level: 'fatal' }),
    metrics: { dropped: () => {} },
  });
}

/** Adds a deleted tenant whose purge is due, and whose usage is counted. */
async function addDueTenant(): Promise<string> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO tenant (id, name, status, deleted_at, purge_at)
     VALUES ($1, $2, 'deleted', now() - interval '1 hour', now() - interval '1 minute')`,
    [id, id],
  );
  await database.pool.query('UPDATE usage_progress SET counted_until = now()');
  return id;
}

const failing = (message: string) => () => Promise.reject(new Error(message));

/** Runs until the erasure has no step left before its last one: a run ends after a second. */
async function runToLastPhase(run: () => Promise<boolean>, tenantId: string): Promise<void> {
  do expect(await run()).toBe(true);
  while ((await erasureOf(tenantId)).phase !== 'redis');
}

async function erasureOf(tenantId: string): Promise<{ id: string; phase: string }> {
  const { rows } = await database.pool.query<{ id: string; phase: string }>(
    'SELECT id, phase FROM erasure WHERE tenant_id = $1',
    [tenantId],
  );
  const [erasure] = rows;
  if (!erasure) throw new Error('no erasure');
  return erasure;
}

async function readErasures(tenantId: string): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    'SELECT status::text, phase, error FROM erasure WHERE tenant_id = $1 ORDER BY id',
    [tenantId],
  );
  return rows;
}

const hasErasures = async () =>
  (await createDueWorkFinder(database.pool, { erasures: ERASURES_ARE_DUE })()).has('erasures');

const COMPLETED = { status: 'completed', phase: 'redis', error: null };

it.each([
  'Command timed out',
  "Cluster isn't ready and enableOfflineQueue options is false",
  'Too many Cluster redirections',
])('continues when Redis works again after the error: %s', async (message) => {
  const tenantId = await addDueTenant();
  const fail = failing(message);
  expect(await createRun({ removePushes: fail })()).toBe(true);
  expect(await readErasures(tenantId)).toEqual([{ status: 'running', phase: 'pushes', error: null }]);
  await runToLastPhase(createRun({ rewriteFiles: fail }), tenantId);
  expect(await readErasures(tenantId)).toEqual([{ status: 'running', phase: 'redis', error: null }]);
  expect(await createRun()()).toBe(false);
  expect(await readErasures(tenantId)).toEqual([COMPLETED]);
  // When the purge was created, not in each run.
  expect(noted).toBe(1);
});

it('continues a purge that failed, also after the tenant is gone, but not at once', async () => {
  const tenantId = await addDueTenant();
  const run = createRun();
  await runToLastPhase(createRun({ rewriteFiles: failing('Command timed out') }), tenantId);
  // PostgreSQL rejects the number.
  await createRun({ rewriteFiles: async () => Number.NaN })();
  const failed = { status: 'failed', phase: 'redis', error: expect.stringContaining('after an hour') };
  expect(await readErasures(tenantId)).toEqual([failed]);
  expect(await hasErasures()).toBe(false);
  await run();
  expect(await readErasures(tenantId)).toEqual([failed]);

  await database.pool.query(`UPDATE erasure SET finished_at = finished_at - interval '2 hours'`);
  expect(await hasErasures()).toBe(true);
  while (await run());
  expect(await readErasures(tenantId)).toEqual([COMPLETED]);
  expect(await listRunningErasures(database.pool)).toEqual([]);
});

it('continues only the latest failed purge of a tenant, and none that was made again', async () => {
  const [twice, again] = [newId(), newId()];
  const failedTwice = [newId(), newId()].toSorted();
  const inserted = [
    ...failedTwice.map((id) => [id, twice, 'failed']),
    [newId(), again, 'failed'],
    [newId(), again, 'completed'],
  ];
  for (const row of inserted)
    await database.pool.query(
      `INSERT INTO erasure (id, tenant_id, status, covers_until, phase, total, finished_at)
       VALUES ($1, $2, $3, now(), 'redis', 0, now() - interval '2 hours')`,
      row,
    );
  const run = createRun();
  while (await run());
  expect(await readErasures(twice)).toEqual([{ status: 'failed', phase: 'redis', error: null }, COMPLETED]);
  expect(await readErasures(again)).toEqual([{ status: 'failed', phase: 'redis', error: null }, COMPLETED]);
});

it('looks once at the pushes in Redis for all erasures that wait, and continues those without pushes', async () => {
  const tenantIds = [await addDueTenant(), await addDueTenant(), await addDueTenant()];
  const passes: string[][] = [];
  const run = createRun({
    async removePushes(erasuresOf) {
      const found: string[] = [];
      for (const tenantId of tenantIds) {
        const payload = JSON.stringify({ tenantId: encodeId('tenant', tenantId) });
        const push: Push = { source: 'queue', id: 'events:1:2', pushedAt: new Date(), type: 'a.b', payload };
        found.push(...(await erasuresOf({ push, addedAt: new Date() })));
      }
      passes.push(found);
      return new Set(passes[0]?.slice(0, 1));
    },
  });
  await run();
  const erasures = await Promise.all(tenantIds.map(erasureOf));
  const [waiting, ...others] = erasures;
  expect(passes[0]?.toSorted()).toEqual(erasures.map(({ id }) => id).toSorted());
  // Later passes are for the one that waits.
  for (const pass of passes.slice(1)) expect(pass).toEqual([waiting?.id]);
  expect(waiting?.phase).toBe('pushes');
  for (const { phase } of others) expect(phase).not.toBe('pushes');
});
