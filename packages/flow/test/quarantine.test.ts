import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, SYSTEM } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { quarantineDatabase, readRestoreFacts, releaseDatabase } from '@posthorn/database/restores';
import { ensureInstallationId } from '@posthorn/database/settings';
import { createDeliveryQueue, type DeliveryQueue } from '@posthorn/queue';
import { eventually, type FreshDatabase, freshDatabase } from '@posthorn/testkit';
import { Quarantine, type QuarantineStores } from '../src/quarantine/quarantine.js';
import { useQueuePrefix } from './fixtures/use-queue-prefix.js';

const settings = useQueuePrefix();
let fresh: FreshDatabase;
let database: Database;
let queue: DeliveryQueue;
let installationId: string;
let started: Quarantine[];
let warnings: string[];
let pauses: number[];
beforeEach(async () => {
  started = [];
  warnings = [];
  pauses = [];
  fresh = await freshDatabase();
  database = connect({ url: fresh.url, applicationName: 'posthorn quarantine test' });
  installationId = await ensureInstallationId(database.pool);
  queue = await createDeliveryQueue(settings);
});
afterEach(async () => {
  await Promise.all(started.map((each) => each.stop()));
  await queue.stop();
  await database.stop();
  await fresh.drop();
});

const newQuarantine = (): Quarantine =>
  new Quarantine({ debug() {}, info() {}, warn: (message) => void warnings.push(message) }, (ms, ...rest) => {
    pauses.push(ms);
    return sleep(ms, ...rest);
  });

/** Redis as it is, with a hook after each read. */
const erasuresWith = (afterRead: () => unknown): QuarantineStores['erasures'] => ({
  async readErasureCount(id) {
    const count = await queue.readErasureCount(id);
    await afterRead();
    return count;
  },
  raiseErasureCount: (id, count) => queue.raiseErasureCount(id, count),
});

/** Returns a function that calls `action` at its first call only. */
function once(action: () => Promise<unknown>): () => Promise<unknown> {
  let result: Promise<unknown> | null = null;
  return () => (result ??= action());
}

/** Starts the check of a process, which has checked the database once. */
async function startProcess(erasures: QuarantineStores['erasures'] = queue): Promise<Quarantine> {
  const quarantine = await newQuarantine().open({ pool: database.pool, erasures });
  started.push(quarantine);
  return quarantine;
}

/** Lets what does not wait for the network go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

const changeHistory = () => database.pool.query(`UPDATE setting SET value = 'another' WHERE key = 'history'`);
const loseErasures = () => database.pool.query(`UPDATE setting SET value = '0' WHERE key = 'erasure_count'`);
const fail = () => Promise.reject(new Error('unavailable'));
const facts = () => readRestoreFacts(database.pool);

async function erase(): Promise<void> {
  await database.pool.query(
    `INSERT INTO erasure (id, tenant_id, event_id, covers_until, phase, total) VALUES ($1, $2, $3, now(), 'erase', 0)`,
    [newId(), newId(), newId()],
  );
}

async function audited(): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `SELECT action, actor_name AS by, after ->> 'reason' AS reason FROM audit_entry WHERE action LIKE 'quarantine.%' ORDER BY id`,
  );
  return rows;
}

describe('the number of erasures', () => {
  it('counts those that are created or cover more, and no others', async () => {
    await erase();
    await erase();
    await database.pool.query(`UPDATE erasure SET status = 'completed'`);
    expect((await facts()).erasureCount).toBe(2);
    await database.pool.query('UPDATE erasure SET covers_until = now()');
    expect((await facts()).erasureCount).toBe(4);
    await database.pool.query('INSERT INTO erasure SELECT * FROM erasure ON CONFLICT DO NOTHING');
    await database.pool.query('DELETE FROM erasure');
    expect((await facts()).erasureCount).toBe(4);
  });

  it('is recorded in Redis at the start, after an erasure, and when it is missing', async () => {
    await erase();
    const quarantine = await startProcess();
    expect(await queue.readErasureCount(installationId)).toBe(1);
    await erase();
    await quarantine.noteErasure();
    expect(await queue.readErasureCount(installationId)).toBe(2);
    await queue.raiseErasureCount(installationId, 1);
    expect(await queue.readErasureCount(installationId)).toBe(2);
  });
});

describe('a database whose history has changed', () => {
  it('is released if Redis knows no more erasures, as after a promotion', async () => {
    await startProcess();
    await changeHistory();
    const promoted = await startProcess();
    expect(promoted.state).toBe('released');
    const { history, completeHistory } = await facts();
    expect(completeHistory).toBe(history);
    expect(await audited()).toEqual([]);
  });

  it('is quarantined for all processes beside a new Redis, until it is released', async () => {
    await erase();
    await changeHistory();
    const one = await startProcess();
    const other = await startProcess();
    expect([one.state, other.state]).toEqual(['quarantined', 'quarantined']);
    expect(await one.wait(0)).toBe(false);
    // Nothing is recorded in Redis that would end it.
    expect(await queue.readErasureCount(installationId)).toBeNull();
    await erase();
    await one.noteErasure();
    expect((await startProcess()).state).toBe('quarantined');

    const waiting = other.wait(60_000);
    expect(await one.release({ ...SYSTEM, name: 'operator' })).toBe(true);
    expect(one.state).toBe('released');
    expect(await waiting).toBe(true);
    expect(await one.release(SYSTEM)).toBe(false);
    expect(await queue.readErasureCount(installationId)).toBe(2);
    expect((await startProcess()).state).toBe('released');
    expect(await audited()).toEqual([
      { action: 'quarantine.started', by: 'system', reason: 'erasures_unknown' },
      { action: 'quarantine.released', by: 'operator', reason: null },
    ]);
    expect(warnings.join('\n')).toContain('posthorn erasures replay');
  });

  it('is held while Redis is unavailable', async () => {
    await changeHistory();
    let isDown = true;
    const quarantine = await startProcess({
      readErasureCount: (id) =>
        isDown ? Promise.reject(new Error('unavailable')) : queue.readErasureCount(id),
      raiseErasureCount: (id, count) => queue.raiseErasureCount(id, count),
    });
    expect([quarantine.state, quarantine.isHeld]).toEqual(['unknown', true]);
    await queue.raiseErasureCount(installationId, 0);
    isDown = false;
    expect(await quarantine.wait(60_000)).toBe(true);
  });

  it('was restored by hand, as posthorn_restored() says', async () => {
    await database.pool.query(
      `INSERT INTO webhook_sequence (webhook_id, last, history) VALUES ($1, 7, posthorn_history())`,
      [newId()],
    );
    await database.pool.query('SELECT posthorn_restored()');
    const { rows } = await database.pool.query('SELECT history FROM webhook_sequence');
    expect(rows).toEqual([{ history: 'restored' }]);
    expect((await startProcess()).state).toBe('quarantined');
  });
});

describe('a database whose history has not changed', () => {
  it('is quarantined if Redis knows more erasures, and counts as many after its release', async () => {
    await erase();
    await startProcess();
    await loseErasures();
    const quarantine = await startProcess();
    expect(quarantine.state).toBe('quarantined');
    expect(await audited()).toEqual([
      { action: 'quarantine.started', by: 'system', reason: 'erasures_lost' },
    ]);
    await quarantine.release(SYSTEM);
    expect((await facts()).erasureCount).toBe(1);
    expect((await startProcess()).state).toBe('released');
  });

  it('is not quarantined if an erasure is created between the reads of PostgreSQL and Redis', async () => {
    await startProcess();
    const create = once(async () => {
      await erase();
      await queue.raiseErasureCount(installationId, (await facts()).erasureCount);
    });
    const quarantine = await startProcess({
      ...erasuresWith(() => {}),
      async readErasureCount(id) {
        await create();
        return queue.readErasureCount(id);
      },
    });
    expect((await facts()).erasureCount).toBe(1);
    expect(await quarantine.wait(60_000)).toBe(true);
    expect(await audited()).toEqual([]);
  });

  it('is released while Redis is unavailable', async () => {
    const quarantine = await startProcess({ readErasureCount: fail, raiseErasureCount: fail });
    expect(quarantine.state).toBe('released');
  });
});

describe('a check', () => {
  it('runs once a minute while nothing is held, and every second while something is', async () => {
    const quarantine = await startProcess();
    expect([quarantine.state, pauses]).toEqual(['released', [60_000]]);
    await changeHistory();
    pauses = [];
    const held = await startProcess({ readErasureCount: fail, raiseErasureCount: fail });
    expect([held.isHeld, pauses]).toEqual([true, [1000]]);
  });

  it('follows at once, and then every second, while an erasure is not in Redis', async () => {
    let isDown = false;
    const quarantine = await startProcess({
      readErasureCount: (id) => queue.readErasureCount(id),
      raiseErasureCount: (id, count) => (isDown ? fail() : queue.raiseErasureCount(id, count)),
    });
    await erase();
    isDown = true;
    pauses = [];
    await quarantine.noteErasure();
    await eventually(() => expect(pauses[0]).toBe(1000));
    expect(await queue.readErasureCount(installationId)).toBe(0);
    isDown = false;
    await eventually(async () => expect(await queue.readErasureCount(installationId)).toBe(1));
    await eventually(() => expect(pauses.at(-1)).toBe(60_000));
  });

  it('ends before the next one begins, which calls meanwhile share', async () => {
    const leave: (() => void)[] = [];
    const quarantine = await startProcess(
      erasuresWith(async () => {
        // Not at the start.
        if (started.length > 0) await new Promise<void>((resolve) => leave.push(resolve));
      }),
    );
    const first = quarantine.noteErasure();
    await eventually(() => expect(leave).toHaveLength(1));
    await erase();
    const later = Promise.all([quarantine.noteErasure(), quarantine.noteErasure()]);
    await turns();
    expect(leave).toHaveLength(1);
    leave[0]?.();
    await first;
    await eventually(() => expect(leave).toHaveLength(2));
    leave[1]?.();
    await later;
    expect(leave).toHaveLength(2);
    expect(await queue.readErasureCount(installationId)).toBe(1);
  });

  it('does not release a server that a new connection has found meanwhile', async () => {
    let current = await facts();
    const read = { query: async () => ({ rows: [current] }) } as never;
    const leave: (() => void)[] = [];
    const quarantine = await newQuarantine().open({
      pool: read,
      erasures: erasuresWith(async () => {
        if (started.length > 0) await new Promise<void>((resolve) => leave.push(resolve));
      }),
    });
    started.push(quarantine);
    expect(quarantine.state).toBe('released');
    const noted = quarantine.noteErasure();
    await eventually(() => expect(leave).toHaveLength(1));
    current = { ...current, server: 'restored', quarantinedAt: new Date() };
    await quarantine.onSession(read);
    await turns();
    leave[0]?.();
    await noted;
    expect(quarantine.isHeld).toBe(true);
    await eventually(() => expect(quarantine.state).toBe('quarantined'));
  });

  it('completes no other history than the one that it has judged', async () => {
    await queue.raiseErasureCount(installationId, 0);
    await changeHistory();
    let isRestored = false;
    const quarantine = await startProcess({
      async readErasureCount() {
        if (isRestored) return null;
        isRestored = true;
        await database.pool.query('SELECT posthorn_restored()');
        return 0;
      },
      raiseErasureCount: async () => {},
    });
    expect(quarantine.isHeld).toBe(true);
    await eventually(() => expect(quarantine.state).toBe('quarantined'));
  });

  it('does not quarantine a database that was released since it was read', async () => {
    await changeHistory();
    const release = once(async () => {
      await quarantineDatabase(database.pool, 'erasures_unknown');
      expect(await releaseDatabase(database.pool, { erasureCount: 0 })).toBe(true);
    });
    const quarantine = await startProcess(erasuresWith(release));
    expect(await quarantine.wait(60_000)).toBe(true);
    expect(await audited()).toHaveLength(2);
  });
});

it('holds before the first statement of a connection to another server, and checks that server', async () => {
  const quarantine = newQuarantine();
  let current = await facts();
  const read = { query: async () => ({ rows: [current] }) } as never;
  const guarded = connect({
    url: fresh.url,
    applicationName: 'posthorn quarantine test: guarded',
    onSession: quarantine.onSession,
  });
  try {
    await guarded.pool.query('SELECT 1');
    expect(quarantine.state).toBe('unknown');
    started.push(await quarantine.open({ pool: read, erasures: queue }));
    expect(quarantine.state).toBe('released');
    // Another connection to the same server changes nothing.
    await Promise.all([guarded.pool.query('SELECT 1'), guarded.pool.query('SELECT 2')]);
    expect(quarantine.state).toBe('released');
    current = { ...current, server: 'later', quarantinedAt: new Date() };
    await quarantine.onSession(read);
    expect(quarantine.isHeld).toBe(true);
    await eventually(() => expect(quarantine.state).toBe('quarantined'));
    current = { ...current, quarantinedAt: null };
    await eventually(() => expect(quarantine.state).toBe('released'));
  } finally {
    await quarantine.stop();
    await guarded.stop();
  }
});
