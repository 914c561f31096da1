import type { Fence, Part, StoredFence, WebhookFence } from '@posthorn/core';
import { openScriptClient, type RedisSettings, Shards } from '@posthorn/queue';
import { DELETE_EXPIRED_FENCES, RAISE_FENCES, raisedAtMs, toFence } from './fence-script.js';
import { fencesKey, flowKey } from '../redis/redis-keys.js';

/** A fence is kept for this long, in days: far longer than a replica that could be promoted lags behind. */
export const FENCE_DAYS = 7;

/** Fences in one page. Redis may return more of a small hash, or fewer. */
const PAGE = 1000;

const LIFETIME_MS = FENCE_DAYS * 86_400_000;

/** The fence of a webhook whose epoch has just ended. */
interface NewFence extends WebhookFence {
  /** When the URL of the webhook was validated. Default: null, never. */
  validatedAt?: Date | null;
}

/** The fence of a tenant. */
export interface NewTenantFence extends Fence {
  tenantId: string;
}

/** A page of fences, and the cursor of the next page; null after the last one. */
export interface FencePage {
  fences: StoredFence[];
  next: string | null;
}

/** The fences of webhooks and tenants in Redis. Its methods reject while Redis is unavailable. */
export interface FenceStore extends Part {
  /** Raises fences, and lets the flow states of the epochs before expire. Fences that are already as high do not change. */
  raise(fences: readonly NewFence[]): Promise<void>;
  /** Raises the fences of tenants, in all shards: that of a webhook decides where its requests look for the one of its tenant. */
  raiseTenants(fences: readonly NewTenantFence[]): Promise<void>;
  /** Returns the fences of a webhook and of its tenant, if they have any. */
  find(webhook: { webhookId: string; tenantId: string }): Promise<StoredFence[]>;
  /** Reads a page of fences and deletes those that have expired by the clock of Redis and by that of this process. A fence may be returned twice. @param cursor null for the first page */
  page(cursor: string | null): Promise<FencePage>;
  stop(): Promise<void>;
}

interface FenceCommands {
  raiseFences(...values: (string | number)[]): Promise<number>;
  deleteExpiredFences(...values: (string | number)[]): Promise<string[]>;
}

/** Opens the fence store. @throws Error with a one-line message when Redis cannot be reached */
export async function createFenceStore(settings: RedisSettings): Promise<FenceStore> {
  const shards = new Shards(settings);
  const redis = await openScriptClient<FenceCommands>(settings, {
    raiseFences: { lua: RAISE_FENCES, numberOfKeys: 1 },
    deleteExpiredFences: { lua: DELETE_EXPIRED_FENCES, numberOfKeys: 1 },
  });

  /** @param hashCursor the cursor of the next page of the hash; `0` after its last page */
  function nextCursor(shard: number, hashCursor: string): string | null {
    if (hashCursor !== '0') return `${shard}:${hashCursor}`;
    return shard + 1 < shards.prefixes.length ? `${shard + 1}:0` : null;
  }

  return {
    async raise(fences) {
      await Promise.all(
        shards
          .group(fences, ({ webhookId }) => webhookId)
          .map(([shard, ofShard]) =>
            redis.raiseFences(fencesKey(shard), ...ofShard.flatMap((fence) => toValues(fence, shard))),
          ),
      );
    },
    async raiseTenants(fences) {
      const values = fences.flatMap(({ tenantId, epoch, isDeleted }) => [
        tenantId,
        epoch,
        isDeleted ? 1 : 0,
        '',
      ]);
      await Promise.all(shards.prefixes.map((shard) => redis.raiseFences(fencesKey(shard), ...values)));
    },
    async find({ webhookId, tenantId }) {
      const ids = [webhookId, tenantId];
      const values = await redis.hmget(fencesKey(shards.prefixOf(webhookId)), ...ids);
      return ids.flatMap((id, index) => {
        const value = values[index];
        return value ? [{ id, ...toFence(value) }] : [];
      });
    },
    async page(cursor) {
      const { shard, hashCursor } = toPosition(cursor);
      const key = fencesKey(shards.prefixes[shard] ?? '');
      const [next, fields] = await redis.hscan(key, hashCursor, 'COUNT', PAGE);
      const expiredBeforeMs = Date.now() - LIFETIME_MS;
      const fences: StoredFence[] = [];
      const expired: string[] = [];
      for (let index = 0; index + 1 < fields.length; index += 2) {
        const [id = '', value = ''] = fields.slice(index, index + 2);
        if (raisedAtMs(value) < expiredBeforeMs) expired.push(id, value);
        fences.push({ id, ...toFence(value) });
      }
      const deleted = new Set(
        expired.length > 0 ? await redis.deleteExpiredFences(key, LIFETIME_MS, ...expired) : [],
      );
      return {
        fences: fences.filter(({ id }) => !deleted.has(id)),
        next: nextCursor(shard, next),
      };
    },
    async stop() {
      redis.disconnect();
    },
  };
}

const toValues = ({ webhookId, epoch, isDeleted, validatedAt = null }: NewFence, shard: string) => [
  webhookId,
  epoch,
  isDeleted ? 1 : 0,
  flowKey(shard, { id: webhookId, epoch: epoch - 1, validatedAt }),
];

/** Parses a cursor: the shard, and the cursor of the page in its hash. */
function toPosition(cursor: string | null): { shard: number; hashCursor: string } {
  const [shard = '0', hashCursor = '0'] = (cursor ?? '').split(':');
  return { shard: Number(shard), hashCursor };
}
