import { describe, expect, it } from '@jest/globals';
import { type HealthUpdate, recordHealth } from '../src/index.js';
import { toldOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const UPDATED = at(-1000);

interface Before {
  failingSince?: Date;
  warned?: boolean;
  activeSince?: Date;
  validatedAt?: Date;
  status?: 'active' | 'suspended';
}

async function addNoted({ failingSince, warned, validatedAt, ...row }: Before = {}) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, ...row });
  await db.pool.query(
    'UPDATE webhook SET failing_since = $2, failing_warned_at = $3, validated_at = $4, updated_at = $5 WHERE id = $1',
    [webhookId, failingSince, warned ? at(0) : null, validatedAt, UPDATED],
  );
  return { tenantId, webhookId };
}

async function healthOf(webhookId: string) {
  const { rows } = await db.pool.query<{
    failing_since: Date | null;
    failing_warned_at: Date | null;
    updated_at: Date;
  }>('SELECT failing_since, failing_warned_at, updated_at FROM webhook WHERE id = $1', [webhookId]);
  const [row] = rows;
  expect(row?.updated_at).toEqual(UPDATED);
  return { failingSince: row?.failing_since, warned: row?.failing_warned_at !== null };
}

/** What is known of a webhook after a note. */
async function after(before: Before, note: Omit<HealthUpdate, 'webhookId'>) {
  const { webhookId } = await addNoted(before);
  await recordHealth(db.pool, [{ webhookId, ...note }]);
  return healthOf(webhookId);
}

const failed = (minute: number) => ({ succeededAt: null, failingSince: at(minute) });
const succeeded = (minute: number) => ({ succeededAt: at(minute), failingSince: null });

describe('a note of the health of a webhook', () => {
  it.each<[string, Before, Omit<HealthUpdate, 'webhookId'>, Date | null]>([
    ['its first failure', {}, failed(1), at(1)],
    ['a failure that came to light later', { failingSince: at(5) }, failed(1), at(1)],
    ['a later failure', { failingSince: at(1) }, failed(5), at(1)],
    ['a success', { failingSince: at(1) }, succeeded(5), null],
    ['one more success', {}, succeeded(5), null],
    [
      'a failure after a success',
      { failingSince: at(1) },
      { succeededAt: at(5), failingSince: at(6) },
      at(6),
    ],
    ['a failure from before it was activated', { activeSince: at(3) }, failed(2), null],
    ['a failure at the URL before', { validatedAt: at(3) }, failed(2), null],
    ['a failure just when it was activated', { activeSince: at(3), validatedAt: at(2) }, failed(3), at(3)],
    ['a failure while it is suspended', { status: 'suspended' }, failed(1), null],
  ])('%s', async (_what, before, note, failingSince) => {
    expect(await after(before, note)).toEqual({ failingSince, warned: false });
  });

  it('leaves the warning as long as there is no success', async () => {
    expect(await after({ failingSince: at(2), warned: true }, failed(1))).toEqual({
      failingSince: at(1),
      warned: true,
    });
  });

  it.each([
    ['it is well again', succeeded(5), null],
    ['it has failed again since', { succeededAt: at(5), failingSince: at(6) }, at(6)],
  ])('tells of a success after a warning, even if %s', async (_what, note, failingSince) => {
    const { tenantId, webhookId } = await addNoted({ failingSince: at(1), warned: true });
    await recordHealth(db.pool, [{ webhookId, ...note }]);
    await recordHealth(db.pool, [{ webhookId, ...note }]);
    expect(await healthOf(webhookId)).toEqual({ failingSince, warned: false });
    expect(await toldOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.webhook.recovered',
        data: {
          webhookId,
          url: 'https://receiver.example/',
          failedSince: at(1).toISOString(),
          recoveredAt: at(5).toISOString(),
        },
      },
    ]);
  });

  it('tells nothing of a success without a warning', async () => {
    const { tenantId, webhookId } = await addNoted({ failingSince: at(1) });
    await recordHealth(db.pool, [{ webhookId, ...succeeded(5) }]);
    expect(await toldOf(db.pool, tenantId)).toEqual([]);
  });

  it('comes from several workers at a time, in any order, without a deadlock', async () => {
    const webhooks = await Promise.all(Array.from({ length: 40 }, () => addNoted()));
    const notes = webhooks.map(({ webhookId }, index) => ({ webhookId, ...failed(index) }));
    const shuffled = Array.from({ length: 8 }, (_, turn) =>
      notes.toSorted((a, b) => (turn % 2 ? 1 : -1) * a.webhookId.localeCompare(b.webhookId)),
    );
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        shuffled.map((batch, worker) =>
          recordHealth(
            db.pool,
            batch.map((note) => (worker % 3 ? note : { ...note, ...succeeded(60) })),
          ),
        ),
      );
    }
    await recordHealth(db.pool, notes);
    const health = await Promise.all(webhooks.map(({ webhookId }) => healthOf(webhookId)));
    expect(health.map(({ failingSince }) => failingSince)).toEqual(notes.map((note) => note.failingSince));
  });
});
