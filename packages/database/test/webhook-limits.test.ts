import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId, type WebhookStatus } from '@posthorn/core';
import { startTokenFetch } from '../src/webhooks/access-tokens.js';
import { readWebhookLimits } from '../src/webhooks/read-webhook-limits.js';
import { setSlow } from '../src/webhooks/set-slow.js';
import { addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

async function slowSince(id: string): Promise<Date | null> {
  const { rows } = await db.pool.query<{ slow_since: Date | null }>(
    'SELECT slow_since FROM webhook WHERE id = $1',
    [id],
  );
  return rows[0]?.slow_since ?? null;
}

describe('readWebhookLimits', () => {
  it('returns the limits with epoch and validation time', async () => {
    const id = await addWebhook(db.pool, { epoch: 3 });
    const same = { id, tenantId: DEFAULT_TENANT_ID, epoch: 3 };
    expect(await readWebhookLimits(db.pool, [id])).toEqual([
      { ...same, validatedAt: null, maxInFlight: 100, isSlow: false, rateLimit: null, tokenWait: null },
    ]);
    const validatedAt = new Date('2026-01-31T12:00:00.123Z');
    await db.pool.query(
      `UPDATE webhook SET validated_at = $2, max_in_flight = 7, rate_limit = 50, rate_limit_seconds = 2, slow_since = now()
       WHERE id = $1`,
      [id, validatedAt],
    );
    expect(await readWebhookLimits(db.pool, [id])).toEqual([
      {
        ...same,
        validatedAt,
        maxInFlight: 7,
        isSlow: true,
        rateLimit: { limit: 50, perSeconds: 2 },
        tokenWait: null,
      },
    ]);
  });

  const TAKEN = `failure_code = 'token_client_rejected', is_failure_taken = true`;
  it.each([
    ['there is a token', `expires_at = now() - interval '1 second'`, null],
    ['it is being fetched', 'fetch_started_at = clock_timestamp()', 'all'],
    ['the process that fetched it has died', `fetch_started_at = now() - interval '1 min'`, null],
    [
      'a fetch has failed',
      `failure_code = 'token_client_rejected', retry_at = now() + interval '1 min'`,
      'all_but_one',
    ],
    ['a delivery has the failure', `${TAKEN}, retry_at = now() + interval '1 min'`, 'all'],
    ['the pause after it has passed', `${TAKEN}, retry_at = now() - interval '1 second'`, 'all_but_one'],
    [
      'it was of another authentication',
      `${TAKEN}, retry_at = now() + interval '1 min', auth_digest = ''`,
      null,
    ],
  ])('returns how deliveries wait for a token if %s', async (_case, columns, tokenWait) => {
    const id = await addWebhook(db.pool);
    await db.pool.query(`UPDATE webhook SET auth_sealed = 'sealed' WHERE id = $1`, [id]);
    await startTokenFetch(db.pool, {
      webhookId: id,
      authSealed: 'sealed',
      status: 'active',
      fetchId: newId(),
    });
    await db.pool.query(`UPDATE webhook_token SET fetch_started_at = NULL WHERE webhook_id = $1`, [id]);
    await db.pool.query(`UPDATE webhook_token SET ${columns} WHERE webhook_id = $1`, [id]);
    expect(await readWebhookLimits(db.pool, [id])).toMatchObject([{ tokenWait }]);
  });

  it.each<[WebhookStatus, boolean]>([
    ['active', true],
    ['suspended', false],
    ['deleted', false],
    ['pending_validation', false],
  ])('returns a webhook that is %s: %s', async (status, isReturned) => {
    const id = await addWebhook(db.pool, { status });
    expect((await readWebhookLimits(db.pool, [id, newId()])).map((webhook) => webhook.id)).toEqual(
      isReturned ? [id] : [],
    );
  });
});

describe('setSlow', () => {
  it('moves a webhook to the slow lane and back', async () => {
    const id = await addWebhook(db.pool);
    await setSlow(db.pool, [{ id, epoch: 0, slow: true }]);
    expect(Math.abs(Date.now() - Number(await slowSince(id)))).toBeLessThan(60_000);
    await setSlow(db.pool, [{ id, epoch: 0, slow: false }]);
    expect(await slowSince(id)).toBeNull();
  });

  it('keeps the time when a webhook is already slow', async () => {
    const id = await addWebhook(db.pool);
    const since = new Date('2026-01-31T12:00:00Z');
    await db.pool.query('UPDATE webhook SET slow_since = $2 WHERE id = $1', [id, since]);
    await setSlow(db.pool, [{ id, epoch: 0, slow: true }]);
    expect(await slowSince(id)).toEqual(since);
  });

  it.each([true, false])('ignores changes for another epoch (slow: %s)', async (slow) => {
    const id = await addWebhook(db.pool, { epoch: 2 });
    const since = slow ? null : new Date('2026-01-31T12:00:00Z');
    await db.pool.query('UPDATE webhook SET slow_since = $2 WHERE id = $1', [id, since]);
    for (const epoch of [1, 3]) await setSlow(db.pool, [{ id, epoch, slow }]);
    expect(await slowSince(id)).toEqual(since);
    await setSlow(db.pool, [{ id, epoch: 2, slow }]);
    expect((await slowSince(id)) !== null).toBe(slow);
  });

  it('applies each change of a batch separately', async () => {
    const [becomingSlow, becomingFast, unchanged] = [
      await addWebhook(db.pool),
      await addWebhook(db.pool),
      await addWebhook(db.pool),
    ];
    await setSlow(db.pool, [{ id: becomingFast, epoch: 0, slow: true }]);
    await setSlow(db.pool, [
      { id: becomingSlow, epoch: 0, slow: true },
      { id: becomingFast, epoch: 0, slow: false },
      { id: newId(), epoch: 0, slow: true },
    ]);
    expect(await slowSince(becomingSlow)).not.toBeNull();
    expect([await slowSince(becomingFast), await slowSince(unchanged)]).toEqual([null, null]);
    await setSlow(db.pool, []);
  });
});
