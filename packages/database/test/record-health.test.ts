import { describe, expect, it } from '@jest/globals';
import { type HealthUpdate, recordHealth } from '../src/index.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
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

async function addWebhookWithHealth({ failingSince, warned, validatedAt, ...row }: Before = {}) {
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

/** Returns the health of a webhook after an update. */
async function healthAfter(before: Before, update: Omit<HealthUpdate, 'webhookId'>) {
  const { webhookId } = await addWebhookWithHealth(before);
  await recordHealth(db.pool, [{ webhookId, ...update }]);
  return healthOf(webhookId);
}

const failed = (minute: number) => ({ succeededAt: null, failingSince: at(minute) });
const succeeded = (minute: number) => ({ succeededAt: at(minute), failingSince: null });

describe('recordHealth', () => {
  it.each<[string, Before, Omit<HealthUpdate, 'webhookId'>, Date | null]>([
    ['records the first failure', {}, failed(1), at(1)],
    ['records an earlier failure that is reported later', { failingSince: at(5) }, failed(1), at(1)],
    ['ignores a later failure', { failingSince: at(1) }, failed(5), at(1)],
    ['clears it after a success', { failingSince: at(1) }, succeeded(5), null],
    ['ignores a success of a healthy webhook', {}, succeeded(5), null],
    [
      'records a failure after a success',
      { failingSince: at(1) },
      { succeededAt: at(5), failingSince: at(6) },
      at(6),
    ],
    ['ignores a failure before the activation', { activeSince: at(3) }, failed(2), null],
    ['ignores a failure of the previous URL', { validatedAt: at(3) }, failed(2), null],
    [
      'records a failure at the time of the activation',
      { activeSince: at(3), validatedAt: at(2) },
      failed(3),
      at(3),
    ],
    ['ignores a failure while suspended', { status: 'suspended' }, failed(1), null],
  ])('%s', async (_name, before, update, failingSince) => {
    expect(await healthAfter(before, update)).toEqual({ failingSince, warned: false });
  });

  it('keeps the warning while there is no success', async () => {
    expect(await healthAfter({ failingSince: at(2), warned: true }, failed(1))).toEqual({
      failingSince: at(1),
      warned: true,
    });
  });

  it.each([
    ['it is healthy again', succeeded(5), null],
    ['it has failed again since', { succeededAt: at(5), failingSince: at(6) }, at(6)],
  ])('emits an event for a success after a warning when %s', async (_name, update, failingSince) => {
    const { tenantId, webhookId } = await addWebhookWithHealth({ failingSince: at(1), warned: true });
    await recordHealth(db.pool, [{ webhookId, ...update }]);
    await recordHealth(db.pool, [{ webhookId, ...update }]);
    expect(await healthOf(webhookId)).toEqual({ failingSince, warned: false });
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([
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

  it.each([-86_400_000, 86_400_000])(
    'converts the times of a caller whose clock differs by %d ms',
    async (skewMs) => {
      const { webhookId } = await addWebhookWithHealth();
      const now = new Date(Date.now() + skewMs);
      const failingSince = new Date(now.getTime() - 60_000);
      await recordHealth(db.pool, [{ webhookId, succeededAt: null, failingSince }], now);
      const ageMs = Date.now() - ((await healthOf(webhookId)).failingSince?.getTime() ?? 0);
      expect(ageMs).toBeGreaterThan(59_000);
      expect(ageMs).toBeLessThan(90_000);
    },
  );

  it('emits nothing for a success without a warning', async () => {
    const { tenantId, webhookId } = await addWebhookWithHealth({ failingSince: at(1) });
    await recordHealth(db.pool, [{ webhookId, ...succeeded(5) }]);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
  });

  it('does not deadlock when workers update the same webhooks in different orders', async () => {
    const webhooks = await Promise.all(Array.from({ length: 40 }, () => addWebhookWithHealth()));
    const updates = webhooks.map(({ webhookId }, index) => ({ webhookId, ...failed(index) }));
    const shuffled = Array.from({ length: 8 }, (_, turn) =>
      updates.toSorted((a, b) => (turn % 2 ? 1 : -1) * a.webhookId.localeCompare(b.webhookId)),
    );
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        shuffled.map((batch, worker) =>
          recordHealth(
            db.pool,
            batch.map((update) => (worker % 3 ? update : { ...update, ...succeeded(60) })),
          ),
        ),
      );
    }
    await recordHealth(db.pool, updates);
    const health = await Promise.all(webhooks.map(({ webhookId }) => healthOf(webhookId)));
    expect(health.map(({ failingSince }) => failingSince)).toEqual(
      updates.map((update) => update.failingSince),
    );
  });
});
