import { beforeEach, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { findDueWork, listRunningErasures, NO_PAYLOAD_KEYS } from '@posthorn/database';
import { createLogger } from '@posthorn/runtime';
import { createEraser, type EraserDeps } from '../src/eraser.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

const healthy: EraserDeps['redis'] = { removePushes: async () => true, rewriteFiles: async () => 1 };

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
     VALUES ($1, 'due', 'deleted', now() - interval '1 hour', now() - interval '1 minute')`,
    [id],
  );
  await database.pool.query('UPDATE usage_progress SET counted_until = now()');
  return id;
}

/** Runs until the erasure has no step left before its last one: a run ends after a second. */
async function runToLastPhase(run: () => Promise<boolean>, tenantId: string): Promise<void> {
  for (;;) {
    expect(await run()).toBe(true);
    const { rows } = await database.pool.query<{ phase: string }>(
      'SELECT phase FROM erasure WHERE tenant_id = $1',
      [tenantId],
    );
    if (rows[0]?.phase === 'redis') return;
  }
}

async function readErasures(tenantId: string): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    'SELECT status::text, phase, error FROM erasure WHERE tenant_id = $1 ORDER BY id',
    [tenantId],
  );
  return rows;
}

const hasErasures = async () => (await findDueWork(database.pool, { dropAgeMs: 0 })).erasures;

const COMPLETED = { status: 'completed', phase: 'redis', error: null };

it.each([
  'Command timed out',
  "Cluster isn't ready and enableOfflineQueue options is false",
  'Too many Cluster redirections',
])('continues when Redis works again after the error: %s', async (message) => {
  const tenantId = await addDueTenant();
  const fail = () => Promise.reject(new Error(message));
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
  const fail = () => Promise.reject(new Error('Command timed out'));
  await runToLastPhase(createRun({ rewriteFiles: fail }), tenantId);
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
