import type { DropReason } from './drop-reason.js';
import { type Lane, laneOf } from './lane.js';
import { type SendingState, stopReason } from './stop-reason.js';

/** `available`: it is in the feed of a webhook that gets no requests. */
export type DeliveryStatus = 'pending' | 'succeeded' | 'failed' | 'dropped' | 'available';

/**
 * Maximum age of a worker's read of a webhook when a request starts, in milliseconds. Suspend waits longer than this after
 * its commit, so it can guarantee that no further request starts.
 */
export const MAX_READ_AGE_MS = 700;

/**
 * How long suspend and delete wait after their commit, in milliseconds: the maximum age, plus a margin for a worker that
 * stalls between checking the clock and writing to its socket.
 */
export const BARRIER_MS = MAX_READ_AGE_MS + 400;

/** Crashes of workers during one delivery after which the delivery is considered their cause. */
export const MAX_WORKER_CRASHES = 20;

/** The decision of the gate on the job of a pending delivery. */
export type GateResult =
  | { kind: 'send'; payload: string }
  | { kind: 'drop'; reason: DropReason }
  | { kind: 'fail'; reason: 'payload_expired' | 'crashed' | 'body_too_large' }
  /** The end of the delivery that it waits for adds a new job. */
  | { kind: 'wait' }
  /** It was made pending again during this run, and has another job. */
  | { kind: 'superseded' }
  | { kind: 'reschedule'; delayMs: number; lane: Lane; cause: 'not_due' | 'wrong_lane' };

/** The parts of a pending delivery and its webhook that decide whether a request may start. */
interface BarrierInput {
  delivery: {
    epoch: number;
    /** Milliseconds until the delivery is due, by the clock of the database at the read; 0 or less if it is due. */
    dueInMs: number;
    /** Its recovery is cancelled. */
    isCancelled: boolean;
  };
  webhook: SendingState;
}

export interface GateInput extends BarrierInput {
  delivery: BarrierInput['delivery'] & {
    attemptCount: number;
    replayed: boolean;
    /** It waits for no other delivery. */
    isHead: boolean;
  };
  webhook: SendingState & { isSlow: boolean };
  /** Null once it has been removed by retention, or erased. */
  payload: string | null;
  /** The data of the event was erased. */
  isErased: boolean;
  /** The lane that the job runs in. Null if it runs there whatever lane the delivery has. */
  lane: Lane | null;
  /** Workers that crashed or froze while they ran the job. */
  crashes: number;
  /** The epoch of the delivery when this run first read it; null at the first read. */
  runEpoch: number | null;
}

/** Tolerance for timers that fire early, in milliseconds. Until then before its due time, a delivery may be in flight. */
export const DUE_TOLERANCE_MS = 50;

/**
 * Decides whether a pending delivery is sent now. Contains every reason not to send it that is in the state of the delivery and its webhook;
 * `passesBarrier` repeats those that must hold until the first byte. Limits of requests are in deliver.ts.
 */
export function gate(input: GateInput): GateResult {
  const { delivery, webhook, payload, lane } = input;
  const stopped = stopOf(input);
  if (stopped !== null) return { kind: 'drop', reason: stopped };
  if (input.isErased) return { kind: 'drop', reason: 'erased' };
  // Only one of the two jobs may send it, or wait until it is due.
  if (input.runEpoch !== null && input.runEpoch !== delivery.epoch) return { kind: 'superseded' };

  const ownLane = laneOf({
    webhookIsSlow: webhook.isSlow,
    attemptCount: delivery.attemptCount,
    replayed: delivery.replayed,
  });
  const { dueInMs } = delivery;
  if (!isDue(dueInMs)) return { kind: 'reschedule', delayMs: dueInMs, lane: ownLane, cause: 'not_due' };
  if (!delivery.isHead) return { kind: 'wait' };
  if (payload === null) return { kind: 'fail', reason: 'payload_expired' };
  if (input.crashes > MAX_WORKER_CRASHES) return { kind: 'fail', reason: 'crashed' };
  // Since the job was enqueued its delivery was replayed or its webhook became slow. Other mismatches are harmless.
  if (lane !== null && ownLane !== lane && (ownLane === 'slow' || ownLane === 'replay')) {
    return { kind: 'reschedule', delayMs: 0, lane: ownLane, cause: 'wrong_lane' };
  }
  return { kind: 'send', payload };
}

/** Returns whether the barrier lets a request for a pending delivery start: it is due, its recovery not cancelled, its webhook neither suspended nor a shadow, its tenant active. */
export function passesBarrier(input: BarrierInput): boolean {
  return stopOf(input) === null && isDue(input.delivery.dueInMs);
}

function stopOf({ delivery, webhook }: BarrierInput): DropReason | null {
  return stopReason(webhook, delivery.epoch) ?? (delivery.isCancelled ? 'replay_cancelled' : null);
}

function isDue(dueInMs: number): boolean {
  return dueInMs <= DUE_TOLERANCE_MS;
}
