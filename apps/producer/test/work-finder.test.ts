import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import { TASKS } from '../src/start-tasks.js';
import { createWorkFinder } from '../src/tasks/work-finder.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

/** Runs the task once. Returns its result and the tasks that it woke, all of which run. */
async function findWork(): Promise<{ hasWork: boolean; woken: string[] }> {
  const woken: string[] = [];
  const sleeping = TASKS.flatMap(({ name, due }) =>
    due === undefined ? [] : [{ name, due, wake: () => void woken.push(name) }],
  );
  const hasWork = await createWorkFinder(database.pool, sleeping)();
  return { hasWork, woken };
}

async function addSuspended(ageSeconds: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, epoch, suspended_at, created_at)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, 'suspended', 1, now() - $3 * interval '1 s', now() - interval '1 day')`,
    [newId(), DEFAULT_TENANT_ID, ageSeconds],
  );
}

describe('the task that looks for work', () => {
  it('wakes no task when there is none', async () => {
    expect(await findWork()).toEqual({ hasWork: false, woken: [] });
  });

  it('leaves the deliveries of a recent suspend to its call', async () => {
    await addSuspended(0);
    expect(await findWork()).toEqual({ hasWork: false, woken: [] });
  });

  it('wakes the tasks that have work, and only those', async () => {
    await addSuspended(60);
    expect(await findWork()).toEqual({ hasWork: true, woken: ['drop_pending'] });
    await database.pool.query(
      `INSERT INTO operational_event (id, tenant_id, type, data) VALUES ($1, $2, 'posthorn.webhook.validated', '{}')`,
      [newId(), DEFAULT_TENANT_ID],
    );
    await database.pool.query(
      `INSERT INTO replay (id, tenant_id, event_id, statuses, event_types, total, status) VALUES ($1, $2, $1, '{}', '{}', 1, 'running')`,
      [newId(), DEFAULT_TENANT_ID],
    );
    await database.pool.query(
      `INSERT INTO erasure (id, tenant_id, covers_until, phase, total) VALUES ($1, $2, now(), 'pushes', 0)`,
      [newId(), DEFAULT_TENANT_ID],
    );
    await database.pool.query(
      `INSERT INTO audit_entry (id, actor_name, action, target) VALUES ($1, 'system', 'event_type.created', 'x')`,
      [newId()],
    );
    expect(await findWork()).toEqual({
      hasWork: true,
      woken: ['drop_pending', 'erase', 'replay', 'chain_audit', 'publish_operational_events'],
    });
  });
});
