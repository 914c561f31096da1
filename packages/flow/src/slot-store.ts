import { type Fence, type OnFailure, type Part, repliesOf } from '@posthorn/core';
import { openScriptClient, type RedisSettings, Shards } from '@posthorn/queue';
import { flowNowMs, type FlowState, INITIAL_FLOW_STATE } from './congestion-window.js';
import { toFence } from './fence-script.js';
import { fencesKey, flowKey, heldWebhooksKey } from './redis-keys.js';
import { CLEAR_HELD, READ_SNAPSHOTS, type REQUEST_FIELDS, SYNC_SLOTS } from './slot-script.js';

/** The parts of a webhook that flow control uses. Another URL or epoch starts with an initial flow state. */
export interface FlowWebhook {
  id: string;
  epoch: number;
  validatedAt: Date | null;
  maxInFlight: number;
  rateLimit: { limit: number; perSeconds: number } | null;
}

export interface SlotUpdate {
  version: number;
  state: FlowState;
  /** How long no request may start from now on, in milliseconds; null if the end of the last pause does not change. */
  pauseMs: number | null;
  /** Whether the window was halved. */
  isHalved: boolean;
}

export interface SlotRequest {
  webhook: FlowWebhook;
  /** Slots that this worker has leased, in use or not. */
  leased: number;
  /** Further slots it needs, for released deliveries and for deliveries that were not held. */
  released: number;
  fresh: number;
  /** The new flow state. It is written only if `version` is still current. */
  update: SlotUpdate | null;
  /** Whether a delivery was held since the last request. */
  held: boolean;
  /** Waits for a slot that have ended since the last request: a request was started, or a released delivery was held again. */
  endedWaits: number;
}

/** Why the store granted fewer slots: the fence, a `Retry-After`, the rate limit, held deliveries come first, or a full window. */
export type SlotRefusal = 'fenced' | 'not_before' | 'rate_limit' | 'held_first' | 'window';

export interface SlotReply {
  /** Slots granted to released deliveries and to deliveries that were not held. */
  released: number;
  fresh: number;
  /** Delay of the first start; each further start follows `intervalMs` later. 0 without a rate limit. */
  waitMs: number;
  refusal: SlotRefusal | null;
  version: number;
  state: FlowState;
  /** Whether `update` was written. */
  updated: boolean;
  /** Slots leased beyond the window, because it has shrunk. */
  excess: number;
  /** The fence that refused the webhook; null if none did. */
  fence: Fence | null;
}

/** The flow of one webhook over all workers. */
export interface FlowSnapshot {
  state: FlowState;
  inFlight: number;
  nextStartInMs: number;
  /** Waits for a slot that ever ended. */
  endedWaits: number;
  /** Identifies the last time a delivery was held; null if none is. */
  heldMark: string | null;
}

/** Webhooks with held deliveries. */
export interface HeldWebhooks {
  ids: string[];
  marks: HeldMarks;
}

/** Identifies the last report of a held delivery in each shard; null if there was none. */
export type HeldMarks = readonly (string | null)[];

/** The slots and flow states of all webhooks, shared by all workers. Its methods reject while Redis is unavailable. */
export interface SlotStore extends Part {
  /** Returns the shard that stores the flow of a webhook. */
  shardOf(webhookId: string): number;
  /**
   * Leases, renews and returns slots of one worker. Returns a reply for each request, in the same order.
   * @param requests for webhooks of the same shard
   */
  syncSlots(worker: string, requests: readonly SlotRequest[]): Promise<SlotReply[]>;
  /**
   * Returns the webhooks with held deliveries, as far as Redis knows.
   * @param since the marks of an earlier result, to get only those that were reported since
   * @param onFailure omits shards that do not reply, and keeps their marks. Rejects if none replies
   */
  webhooksWithHeld(since?: HeldMarks, onFailure?: OnFailure): Promise<HeldWebhooks>;
  /** Adds webhooks to those with held deliveries, without a report. */
  addHeld(webhookIds: readonly string[]): Promise<void>;
  /**
   * Returns a snapshot of each webhook, in the same order.
   * @param onFailure makes those of shards that do not reply null
   */
  snapshots(webhooks: readonly FlowWebhook[], onFailure?: OnFailure): Promise<(FlowSnapshot | null)[]>;
  /** Records that all held deliveries were released. @param heldMark of the snapshot taken before they were read */
  clearHeld(webhook: FlowWebhook, heldMark: string | null): Promise<void>;
  /** Removes webhooks that are no longer active from those with held deliveries. */
  removeHeld(webhookIds: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** The slots of a worker that does not sync for this long are free again, in milliseconds. */
export const SLOT_LEASE_MS = 5000;

interface SlotCommands {
  syncSlots(keyCount: number, ...values: (string | number)[]): Promise<RawReply[]>;
  readSnapshots(keyCount: number, ...keys: string[]): Promise<RawSnapshot[]>;
  clearHeld(...values: string[]): Promise<number>;
}

type RawReply = [
  released: number,
  fresh: number,
  waitMs: number,
  refusal: SlotRefusal | '',
  version: number,
  state: string,
  updated: number,
  excess: number,
  fence: string,
  pauseMs: number,
  /** -1 if the window was never halved. */
  halvedAgoMs: number,
];
type RawSnapshot = [
  state: string,
  inFlight: number,
  nextStartInMs: number,
  endedWaits: number,
  heldMs: string,
  pauseMs: number,
];

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
  const heldKeyOf = (webhookId: string) => heldWebhooksKey(shards.prefixOf(webhookId));

  return {
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
      await redis.clearHeld(keyOf(webhook), heldKeyOf(webhook.id), webhook.id, heldMark ?? '');
    },
    async removeHeld(webhookIds) {
      await Promise.all(
        shards
          .group(webhookIds, (id) => id)
          .map(([shard, ids]) => redis.zrem(heldWebhooksKey(shard), ...ids)),
      );
    },
    async stop() {
      redis.disconnect();
    },
  };
}

/** Returns the milliseconds between two requests; null without a rate limit. */
export function intervalMs({ rateLimit }: Pick<FlowWebhook, 'rateLimit'>): number | null {
  return rateLimit && (rateLimit.perSeconds * 1000) / rateLimit.limit;
}

type ScriptArguments<Fields extends readonly string[]> = { [Field in keyof Fields]: string | number };

/** Returns the arguments of the script for one webhook, in the order of `REQUEST_FIELDS`. */
function toArguments(request: SlotRequest): ScriptArguments<typeof REQUEST_FIELDS> {
  const { webhook, leased, released, fresh, update, held, endedWaits } = request;
  return [
    webhook.id,
    webhook.epoch,
    leased,
    released,
    fresh,
    held ? 1 : 0,
    endedWaits,
    webhook.maxInFlight,
    intervalMs(webhook) ?? 0,
    update?.version ?? 0,
    update ? toJson(update.state) : '',
    update?.state.window ?? 0,
    update?.state.strikes ?? 0,
    update?.pauseMs ?? '',
    update?.isHalved ? 1 : 0,
  ];
}

function toReply(raw: RawReply, nowMs: number): SlotReply {
  const [released, fresh, waitMs, refusal, version, state, updated, excess, fence, pauseMs, halvedAgoMs] =
    raw;
  return {
    released,
    fresh,
    waitMs,
    refusal: refusal || null,
    version,
    state: {
      ...toState(state),
      notBeforeMs: toNotBeforeMs(pauseMs, nowMs),
      halvedAtMs: halvedAgoMs < 0 ? INITIAL_FLOW_STATE.halvedAtMs : nowMs - halvedAgoMs,
    },
    updated: updated === 1,
    excess,
    fence: refusal === 'fenced' ? toFence(fence) : null,
  };
}

function toSnapshot(
  [state, inFlight, nextStartInMs, endedWaits, heldMs, pauseMs]: RawSnapshot,
  nowMs: number,
): FlowSnapshot {
  const notBeforeMs = toNotBeforeMs(pauseMs, nowMs);
  return {
    state: { ...toState(state), notBeforeMs },
    inFlight,
    nextStartInMs,
    endedWaits,
    heldMark: heldMs || null,
  };
}

const toNotBeforeMs = (pauseMs: number, nowMs: number): number =>
  pauseMs > 0 ? nowMs + pauseMs : INITIAL_FLOW_STATE.notBeforeMs;

function toJson({ window, latencyMs, bestLatencyMs, strikes }: FlowState): string {
  return JSON.stringify({ window, latencyMs, bestLatencyMs, strikes });
}

function toState(json: string): FlowState {
  if (json === '') return INITIAL_FLOW_STATE;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by syncSlots only
  return Object.assign({}, INITIAL_FLOW_STATE, JSON.parse(json) as Partial<FlowState>);
}
