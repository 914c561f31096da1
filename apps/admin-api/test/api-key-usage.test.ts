import { describe, expect, it } from '@jest/globals';
import { decodeId, newId } from '@posthorn/core';
import { recordApiKeyUses } from '@posthorn/database/access';
import { eventually } from '@posthorn/testkit';
import { ApiKeyUsage } from '../src/access/api-key-usage.js';
import { signIn } from './sign-in.js';
import { useApi } from './use-api.js';

const key = (id: string, parentId?: string) => ({
  id,
  parent:
    parentId === undefined
      ? null
      : { id: parentId, name: '', kind: 'key' as const, prefix: '', expiresAt: null },
});

function usage() {
  const clock = { nowMs: 0 };
  const statements: string[][] = [];
  const outage = { isOn: false, failures: 0 };
  /** The keys that the next statement cannot store. */
  const locked: string[] = [];
  const recorded = new ApiKeyUsage({
    record: async (keyIds) => {
      if (outage.isOn) throw new Error('PostgreSQL is unavailable');
      statements.push(keyIds);
      return locked.splice(0);
    },
    onError: () => (outage.failures += 1),
    flushMs: 1,
    nowMs: () => clock.nowMs,
  });
  return { recorded, statements, clock, outage, locked };
}

describe('recording uses of API keys', () => {
  it('takes one statement for many keys, and a session or portal link counts for its key', async () => {
    const { recorded, statements } = usage();
    for (const caller of [key('a'), key('b'), key('session', 'a'), key('portal', 'c'), key('a')])
      recorded.note(caller);
    await eventually(() => expect(statements).toEqual([['a', 'b', 'c']]));
    await recorded.stop();
    expect(statements).toHaveLength(1);
  });

  it('records a key again only after a minute', async () => {
    const { recorded, statements, clock } = usage();
    recorded.note(key('a'));
    await eventually(() => expect(statements).toEqual([['a']]));
    clock.nowMs = 59_999;
    recorded.note(key('a'));
    recorded.note(key('b'));
    await eventually(() => expect(statements).toEqual([['a'], ['b']]));
    clock.nowMs = 62_000;
    await eventually(() => {
      recorded.note(key('a'));
      expect(statements).toEqual([['a'], ['b'], ['a']]);
    });
    await recorded.stop();
  });

  it('loses no use by a failed statement or a stop', async () => {
    const { recorded, statements, outage } = usage();
    outage.isOn = true;
    recorded.note(key('a'));
    await eventually(() => expect(outage.failures).toBeGreaterThan(0));
    outage.isOn = false;
    recorded.note(key('b'));
    await recorded.stop();
    expect(statements.flat().toSorted()).toEqual(['a', 'b']);
  });

  it('records the use of a key that was being changed later', async () => {
    const { recorded, statements, locked } = usage();
    locked.push('a');
    recorded.note(key('a'));
    recorded.note(key('b'));
    await eventually(() => expect(statements).toEqual([['a', 'b'], ['a']]));
    await recorded.stop();
    expect(statements).toHaveLength(2);
  });
});

describe('the last use of an API key', () => {
  const api = useApi();

  const lastUsedAt = async (id: string): Promise<string | null> =>
    (await api.admin.get('/v1/api-keys')).body.data.find((each: { id: string }) => each.id === id).lastUsedAt;

  const wasUsedJustNow = async (id: string) =>
    eventually(async () =>
      expect(Date.parse((await lastUsedAt(id)) ?? '')).toBeGreaterThan(Date.now() - 60_000),
    );

  it('is shown for its own calls and those of its sessions, and is null before', async () => {
    const [first, second, unused] = await Promise.all(
      [1, 2, 3].map(async () => (await api.admin.post('/v1/api-keys', { scopes: ['webhooks:read'] })).body),
    );
    expect(first.lastUsedAt).toBeNull();
    await api.client(first.key).get('/v1/webhooks');
    const session = await signIn(api, second.key);
    await session.get('/v1/webhooks');
    await wasUsedJustNow(first.id);
    await wasUsedJustNow(second.id);
    expect(await lastUsedAt(unused.id)).toBeNull();
  });

  it('is written at most once a minute, by however many processes', async () => {
    const { body } = await api.admin.post('/v1/api-keys', {});
    const id = decodeId('apiKey', body.id) ?? '';
    await recordApiKeyUses(api.deps.pool, [id, newId()]);
    const before = await lastUsedAt(body.id);
    await recordApiKeyUses(api.deps.pool, [id]);
    expect(await lastUsedAt(body.id)).toBe(before);
    await api.deps.pool.query("UPDATE api_key SET last_used_at = now() - interval '61 s' WHERE id = $1", [
      id,
    ]);
    await recordApiKeyUses(api.deps.pool, [id]);
    await wasUsedJustNow(body.id);
  });

  it('waits for no change of the key', async () => {
    const { body } = await api.admin.post('/v1/api-keys', {});
    const id = decodeId('apiKey', body.id) ?? '';
    const other = await api.deps.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT FROM api_key WHERE id = $1 FOR UPDATE', [id]);
      expect(await recordApiKeyUses(api.deps.pool, [id])).toEqual([id]);
      expect(await lastUsedAt(body.id)).toBeNull();
    } finally {
      await other.query('ROLLBACK');
      other.release();
    }
    expect(await recordApiKeyUses(api.deps.pool, [id])).toEqual([]);
    await wasUsedJustNow(body.id);
  });
});
