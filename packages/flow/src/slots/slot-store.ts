import { type OnFailure, type Part, repliesOf } from '@posthorn/core';
import { openScriptClient, type RedisSettings, Shards } from '@posthorn/queue';
import { flowNowMs } from './congestion-window.js';
import { createHeldWebhookStore, type HeldWebhookStore } from './held-webhook-store.js';
import { fencesKey, flowKey, heldWebhooksKey } from '../redis/redis-keys.js';
import {
  type FlowSnapshot,
  type FlowWebhook,
  type RawReply,
  type RawSnapshot,
  type SlotReply,
  type SlotRequest,
  toArguments,
  toReply,
  toSnapshot,
} from './slot-messages.js';
import { CLEAR_HELD, READ_SNAPSHOTS, SYNC_SLOTS } from './slot-script.js';

/** The slots and flow states of all webhooks, shared by all workers. Its methods reject while Redis is unavailable. */
export interface SlotStore extends Part, HeldWebhookStore {
  /** Returns the shard that stores the flow of a webhook. */
  shardOf(webhookId: string): number;
  /**
   * Leases, renews and returns slots of one worker. Returns a reply for each request, in the same order.
   * @param requests for webhooks of the same shard
   */
  syncSlots(worker: string, requests: readonly SlotRequest[]): Promise<SlotReply[]>;
  /**
   * Returns a snapshot of each webhook, in the same order.
   * @param onFailure makes those of shards that do not reply null
   */
  snapshots(webhooks: readonly FlowWebhook[], onFailure?: OnFailure): Promise<(FlowSnapshot | null)[]>;
  /** Records that all held deliveries were released. @param heldMark of the snapshot taken before they were read */
  clearHeld(webhook: FlowWebhook, heldMark: string | null): Promise<void>;
  stop(): Promise<void>;
}

/** The slots of a worker that does not sync for this long are free again, in milliseconds. */
export const SLOT_LEASE_MS = 5000;

interface SlotCommands {
  syncSlots(keyCount: number, ...values: (string | number)[]): Promise<RawReply[]>;
  readSnapshots(keyCount: number, ...keys: string[]): Promise<RawSnapshot[]>;
  clearHeld(...values: string[]): Promise<number>;
}

/**
 * Opens the slot store. It converts the times of flow states between the clock of Redis and that of this process.
 *
 * @param nowMs the clock of the flow states; one that never goes back
 * @throws Error with a one-line message when Redis cannot be reached
 */
export async function createSlotStore(
  settings: RedisSettings,
  nowMs: () => number = flowNowMs,
): Promise<SlotStore> {
  const redis = await openScriptClient<SlotCommands>(settings, {
    syncSlots: { lua: SYNC_SLOTS },
    readSnapshots: { lua: READ_SNAPSHOTS },
    clearHeld: { lua: CLEAR_HELD, numberOfKeys: 2 },
  });
  const shards = new Shards(settings);
  const keyOf = (webhook: FlowWebhook) => flowKey(shards.prefixOf(webhook.id), webhook);

  return {
    ...createHeldWebhookStore(redis, shards),
    shardOf: (webhookId) => shards.indexOf(webhookId),
    async syncSlots(worker, requests) {
      const [first] = requests;
      if (!first) return [];
      const shard = shards.prefixOf(first.webhook.id);
      const replies = await redis.syncSlots(
        requests.length + 2,
        ...requests.map(({ webhook }) => keyOf(webhook)),
        fencesKey(shard),
        heldWebhooksKey(shard),
        worker,
        SLOT_LEASE_MS,
        ...requests.flatMap(toArguments),
      );
      return replies.map((reply) => toReply(reply, nowMs()));
    },
    async snapshots(webhooks, onFailure) {
      const snapshots = new Map<FlowWebhook, FlowSnapshot>();
      await repliesOf(
        shards
          .group(webhooks, ({ id }) => id)
          .map(async ([, ofShard]) => {
            const raw = await redis.readSnapshots(ofShard.length, ...ofShard.map(keyOf));
            for (const [index, webhook] of ofShard.entries()) {
              const snapshot = raw[index];
              if (snapshot) snapshots.set(webhook, toSnapshot(snapshot, nowMs()));
            }
          }),
        onFailure,
      );
      return webhooks.map((webhook) => snapshots.get(webhook) ?? null);
    },
    async clearHeld(webhook, heldMark) {
      const heldKey = heldWebhooksKey(shards.prefixOf(webhook.id));
      await redis.clearHeld(keyOf(webhook), heldKey, webhook.id, heldMark ?? '');
    },
    async stop() {
      redis.disconnect();
    },
  };
}
