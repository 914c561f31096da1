import type { StoredFence } from '@posthorn/core';
import { type FlowState, INITIAL_FLOW_STATE } from './congestion-window.js';
import { toFence } from '../fences/fence-script.js';
import type { REQUEST_FIELDS } from './slot-script.js';

/** The parts of a webhook that flow control uses. Another URL or epoch starts with an initial flow state. */
export interface FlowWebhook {
  id: string;
  epoch: number;
  validatedAt: Date | null;
  maxInFlight: number;
  rateLimit: { limit: number; perSeconds: number } | null;
}

/** A webhook that needs slots, with what is compared with the fence of its tenant. */
export interface SlotWebhook extends FlowWebhook {
  tenantId: string;
  tenantEpoch: number;
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
  webhook: SlotWebhook;
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
  /** The fence that refused the webhook, its own or that of its tenant; null if none did. */
  fence: StoredFence | null;
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

/** A reply of the script. */
export type RawReply = [
  released: number,
  fresh: number,
  waitMs: number,
  refusal: SlotRefusal | '',
  version: number,
  state: string,
  updated: number,
  excess: number,
  fence: string,
  fencedId: string,
  pauseMs: number,
  /** -1 if the window was never halved. */
  halvedAgoMs: number,
];

/** A snapshot as the script returns it. */
export type RawSnapshot = [
  state: string,
  inFlight: number,
  nextStartInMs: number,
  endedWaits: number,
  heldMs: string,
  pauseMs: number,
];

/** Returns the milliseconds between two requests; null without a rate limit. */
export function intervalMs({ rateLimit }: Pick<FlowWebhook, 'rateLimit'>): number | null {
  return rateLimit && (rateLimit.perSeconds * 1000) / rateLimit.limit;
}

type ScriptArguments<Fields extends readonly string[]> = { [Field in keyof Fields]: string | number };

/** Returns the arguments of the script for one webhook, in the order of `REQUEST_FIELDS`. */
export function toArguments(request: SlotRequest): ScriptArguments<typeof REQUEST_FIELDS> {
  const { webhook, leased, released, fresh, update, held, endedWaits } = request;
  return [
    webhook.id,
    webhook.epoch,
    webhook.tenantId,
    webhook.tenantEpoch,
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

export function toReply(raw: RawReply, nowMs: number): SlotReply {
  const [released, fresh, waitMs, refusal, version, state, updated, excess, fence, fencedId, pauseMs] = raw;
  const halvedAgoMs = raw[11];
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
    fence: refusal === 'fenced' ? { id: fencedId, ...toFence(fence) } : null,
  };
}

export function toSnapshot(
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
