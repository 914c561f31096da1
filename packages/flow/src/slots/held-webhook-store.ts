import { type OnFailure, repliesOf } from '@posthorn/core';
import type { RedisClient, Shards } from '@posthorn/queue';
import { heldWebhooksKey } from '../redis/redis-keys.js';

/** Webhooks with held deliveries. */
interface HeldWebhooks {
  ids: string[];
  marks: HeldMarks;
}

/** Identifies the last report of a held delivery in each shard; null if there was none. */
export type HeldMarks = readonly (string | null)[];

/** The webhooks with held deliveries, in each shard in the order of their last reports. */
export interface HeldWebhookStore {
  /**
   * Returns the webhooks with held deliveries, as far as Redis knows.
   * @param since the marks of an earlier result, to get only those that were reported since
   * @param onFailure omits shards that do not reply, and keeps their marks. Rejects if none replies
   */
  webhooksWithHeld(since?: HeldMarks, onFailure?: OnFailure): Promise<HeldWebhooks>;
  /** Adds webhooks to those with held deliveries, without a report. */
  addHeld(webhookIds: readonly string[]): Promise<void>;
  /** Removes webhooks that are no longer active from those with held deliveries. */
  removeHeld(webhookIds: readonly string[]): Promise<void>;
}

export function createHeldWebhookStore(redis: RedisClient, shards: Shards): HeldWebhookStore {
  return {
    async webhooksWithHeld(since = [], onFailure) {
      // Of each shard the ids and the times of their last reports, in turn, in the order of the times.
      const calls = shards.prefixes.map((shard, index) =>
        redis.zrangebyscore(heldWebhooksKey(shard), since[index] ?? '-inf', '+inf', 'WITHSCORES'),
      );
      const reports = await repliesOf(calls, onFailure);
      if (reports.every((ofShard) => ofShard === undefined)) await Promise.all(calls);
      return {
        ids: reports.flatMap((ofShard = []) => ofShard.filter((_, index) => index % 2 === 0)),
        marks: reports.map((ofShard, index) => ofShard?.at(-1) ?? since[index] ?? null),
      };
    },
    async addHeld(webhookIds) {
      await Promise.all(
        shards
          .group(webhookIds, (id) => id)
          .map(([shard, ids]) => redis.zadd(heldWebhooksKey(shard), 'NX', ...ids.flatMap((id) => [0, id]))),
      );
    },
    async removeHeld(webhookIds) {
      await Promise.all(
        shards
          .group(webhookIds, (id) => id)
          .map(([shard, ids]) => redis.zrem(heldWebhooksKey(shard), ...ids)),
      );
    },
  };
}
