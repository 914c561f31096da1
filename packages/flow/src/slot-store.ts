import type { Part } from '@posthorn/core';
import { INITIAL_FLOW_STATE, type FlowState } from './congestion-window.js';
import { flowKey, heldWebhooksKey, releaserLeaseKey } from './redis-keys.js';
import { ALL_RELEASED, READ_STANDINGS, TAKE_SLOTS } from './slot-script.js';
import { openScriptClient, type RedisSettings } from '@posthorn/queue';

/** A webhook as far as its pace goes: what was learned of another URL, or before a suspension, does not count. */
export interface FlowWebhook {
  id: string;
  epoch: number;
  validatedAt: Date | null;
  maxInFlight: number;
  rateLimit: { limit: number; perSeconds: number } | null;
}

export interface SlotRequest {
  webhook: FlowWebhook;
  /** Slots that this worker has of it, in use or not. */
  has: number;
  /** More that it wants: for deliveries that were held and released, and for others. */
  released: number;
  fresh: number;
  /** The pace from now on, if it is still at the version that it was computed from. */
  pace: { version: number; next: FlowState } | null;
  /** A delivery of it was held since the last time. */
  held: boolean;
  /** Requests started since the last time. */
  started: number;
}

/**
 * Why slots were refused: the receiver asked for a pause, the rate limit, deliveries held before come first, or the window is
 * full.
 */
export type SlotRefusal = 'not_before' | 'rate' | 'others_first' | 'window';

export interface SlotReply {
  released: number;
  fresh: number;
  /** The first request may start after this, each further one `intervalMs` later. 0 when not limited. */
  waitMs: number;
  refusal: SlotRefusal | null;
  version: number;
  pace: FlowState;
  /** That pace is the one that was asked for. */
  written: boolean;
  /** Slots in use that the webhook has too many of, its window having shrunk. */
  excess: number;
}

/** How a webhook stands, over all workers. */
export interface FlowSnapshot {
  pace: FlowState;
  inFlight: number;
  nextSlotInMs: number;
  /** Requests ever started. */
  started: number;
  /** Mark of the last delivery that was held; null: none is. */
  heldMark: string | null;
}

/** The slots and paces of webhooks, shared by all workers. Rejects while Redis is away. */
export interface SlotStore extends Part {
  /** For one worker: takes, renews, gives back. Answers in the order asked. */
  takeSlots(worker: string, requests: readonly SlotRequest[]): Promise<SlotReply[]>;
  /** Whether this worker is the one that releases held deliveries now: one at a time, as long as it asks again in time. */
  releases(worker: string): Promise<boolean>;
  /** The webhooks with held deliveries, as far as Redis knows. */
  webhooksWithHeld(): Promise<string[]>;
  standings(webhooks: readonly FlowWebhook[]): Promise<FlowSnapshot[]>;
  /** Everything that was held was released; `heldMark` is of the standing before the look. */
  allReleased(webhook: FlowWebhook, heldMark: string | null): Promise<void>;
  /** Forgets that a webhook had held deliveries: it is not active any more. */
  forgetHeld(webhookIds: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** What a worker that says nothing loses its slots after, in milliseconds. */
export const SLOT_LEASE_MS = 5000;

/** When the worker that releases says nothing for this long another takes over, in milliseconds. */
const RELEASER_LEASE_MS = 1000;

interface SlotCommands {
  takeSlots(keyCount: number, ...values: (string | number)[]): Promise<RawReply[]>;
  readStandings(keyCount: number, ...keys: string[]): Promise<RawStanding[]>;
  allReleased(...values: string[]): Promise<number>;
}

type RawReply = [
  released: number,
  fresh: number,
  waitMs: number,
  refusal: SlotRefusal | '',
  version: number,
  pace: string,
  written: number,
  excess: number,
];
type RawStanding = [pace: string, inFlight: number, nextSlotInMs: number, started: number, heldMark: string];

/** @throws Error with one clear line when Redis cannot be reached */
export async function createSlotStore(settings: RedisSettings): Promise<SlotStore> {
  const { prefix } = settings;
  const redis = await openScriptClient<SlotCommands>(settings, {
    takeSlots: { lua: TAKE_SLOTS },
    readStandings: { lua: READ_STANDINGS },
    allReleased: { lua: ALL_RELEASED, numberOfKeys: 2 },
  });
  const key = (webhook: FlowWebhook) => flowKey(prefix, webhook);

  return {
    async takeSlots(worker, requests) {
      const replies = await redis.takeSlots(
        requests.length + 1,
        ...requests.map(({ webhook }) => key(webhook)),
        heldWebhooksKey(prefix),
        worker,
        SLOT_LEASE_MS,
        ...requests.flatMap(toValues),
      );
      return replies.map(toReply);
    },
    async releases(worker) {
      const lease = releaserLeaseKey(prefix);
      if (await redis.set(lease, worker, 'PX', RELEASER_LEASE_MS, 'NX')) return true;
      if ((await redis.get(lease)) !== worker) return false;
      await redis.pexpire(lease, RELEASER_LEASE_MS);
      return true;
    },
    webhooksWithHeld: () => redis.zrange(heldWebhooksKey(prefix), '0', '-1'),
    async standings(webhooks) {
      if (webhooks.length === 0) return [];
      const standings = await redis.readStandings(webhooks.length, ...webhooks.map(key));
      return standings.map(toStanding);
    },
    async allReleased(webhook, heldMark) {
      await redis.allReleased(key(webhook), heldWebhooksKey(prefix), webhook.id, heldMark ?? '');
    },
    async forgetHeld(webhookIds) {
      if (webhookIds.length > 0) await redis.zrem(heldWebhooksKey(prefix), ...webhookIds);
    },
    async stop() {
      redis.disconnect();
    },
  };
}

/** Milliseconds from one request to the next, null when the webhook is not limited. */
export function intervalMs({ rateLimit }: Pick<FlowWebhook, 'rateLimit'>): number | null {
  return rateLimit && (rateLimit.perSeconds * 1000) / rateLimit.limit;
}

/** In the order that the script reads them in. */
function toValues(request: SlotRequest): (string | number)[] {
  const { webhook, has, released, fresh, pace, held, started } = request;
  return [
    webhook.id,
    has,
    released,
    fresh,
    pace?.version ?? 0,
    pace?.next.window ?? 0,
    pace?.next.notBeforeMs ?? 0,
    pace ? JSON.stringify(pace.next) : '',
    webhook.maxInFlight,
    intervalMs(webhook) ?? 0,
    held ? 1 : 0,
    started,
    pace?.next.strikes ?? 0,
  ];
}

function toReply(raw: RawReply): SlotReply {
  const [released, fresh, waitMs, refusal, version, pace, written, excess] = raw;
  return {
    released,
    fresh,
    waitMs,
    refusal: refusal || null,
    version,
    pace: toPace(pace),
    written: written === 1,
    excess,
  };
}

function toStanding([pace, inFlight, nextSlotInMs, started, heldMark]: RawStanding): FlowSnapshot {
  return { pace: toPace(pace), inFlight, nextSlotInMs, started, heldMark: heldMark || null };
}

function toPace(text: string): FlowState {
  if (text === '') return INITIAL_FLOW_STATE;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes it
  return Object.assign({}, INITIAL_FLOW_STATE, JSON.parse(text) as Partial<FlowState>);
}
