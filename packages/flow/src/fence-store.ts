import type { Part, WebhookFence } from '@posthorn/core';
import { openScriptClient, type RedisSettings } from '@posthorn/queue';
import { DELETE_FENCES, RAISE_FENCES, raisedAtMs, toFence } from './fence-script.js';
import { fencesKey } from './redis-keys.js';

/** A fence is kept for this long, in days: far longer than a replica that could be promoted lags behind. */
export const FENCE_DAYS = 7;

/** Fences in one page. Redis may return more of a small hash, or fewer. */
const PAGE = 1000;

const DAY_MS = 86_400_000;

/** A page of fences, and the cursor of the next page; null after the last one. */
export interface FencePage {
  fences: WebhookFence[];
  next: string | null;
}

/** The fences of webhooks in Redis. Its methods reject while Redis is unavailable. */
export interface FenceStore extends Part {
  /** Raises fences. Those that are already as high do not change. */
  raise(fences: readonly WebhookFence[]): Promise<void>;
  /** Reads a page of fences and deletes expired ones. A fence may be returned twice. @param cursor null for the first page */
  page(cursor: string | null): Promise<FencePage>;
  stop(): Promise<void>;
}

interface FenceCommands {
  raiseFences(...values: (string | number)[]): Promise<number>;
  deleteFences(...values: string[]): Promise<number>;
}

/** Opens the fence store. @throws Error with a one-line message when Redis cannot be reached */
export async function createFenceStore(settings: RedisSettings): Promise<FenceStore> {
  const key = fencesKey(settings.prefix);
  const redis = await openScriptClient<FenceCommands>(settings, {
    raiseFences: { lua: RAISE_FENCES, numberOfKeys: 1 },
    deleteFences: { lua: DELETE_FENCES, numberOfKeys: 1 },
  });

  return {
    async raise(fences) {
      if (fences.length === 0) return;
      const values = fences.flatMap(({ webhookId, epoch, isDeleted }) => [
        webhookId,
        epoch,
        isDeleted ? 1 : 0,
      ]);
      await redis.raiseFences(key, ...values);
    },
    async page(cursor) {
      const [next, fields] = await redis.hscan(key, cursor ?? '0', 'COUNT', PAGE);
      const expiredBeforeMs = Date.now() - FENCE_DAYS * DAY_MS;
      const fences: WebhookFence[] = [];
      const expired: string[] = [];
      for (let index = 0; index + 1 < fields.length; index += 2) {
        const [webhookId = '', value = ''] = fields.slice(index, index + 2);
        if (raisedAtMs(value) < expiredBeforeMs) expired.push(webhookId, value);
        else fences.push({ webhookId, ...toFence(value) });
      }
      if (expired.length > 0) await redis.deleteFences(key, ...expired);
      return { fences, next: next === '0' ? null : next };
    },
    async stop() {
      redis.disconnect();
    },
  };
}
