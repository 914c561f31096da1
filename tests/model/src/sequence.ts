import type { Stack } from '@posthorn/local';
import type { ApiClient, ApiResponse } from '@posthorn/testkit';
import type { Queue } from 'bullmq';
import type { RateLimit, Target } from './command.js';
import type { Counters } from './counters.js';
import type { ExpectedDelivery } from './expected-delivery.js';
import type { FeedModel } from './feed.js';
import type { Chains } from './order.js';
import type { ProcessFaults } from './process-faults.js';
import type { SequenceReceiver } from './sequence-receiver.js';
import type { WebhookModel } from './webhook-model.js';

/** The real system, shared by all sequences. */
export interface System {
  stack: Stack;
  admin: ApiClient;
  /** The queue ingress. */
  queue: Queue;
  receiver: SequenceReceiver;
  faults: ProcessFaults;
  counters: Counters;
  /** Violations found after the end of their sequence. */
  violationsAfterEnd: string[];
  /** Sequences that got requests after their end, whose start times are still to be checked. */
  lateRequests: Set<Sequence>;
  close(): Promise<void>;
}

/** Settings that a webhook loses when it is read with its feed. */
export interface RequestSettings extends Pick<WebhookModel, 'retrySchedule' | 'ordering'> {
  rateLimit: RateLimit | null;
  timeoutMs: number;
}

/** A real webhook and its model. */
export interface LiveWebhook {
  /** Its index among the webhooks of the sequence. */
  index: number;
  target: Target;
  id: string;
  model: WebhookModel;
  /** Those that concern requests, for a webhook that gets requests again. */
  requestSettings: RequestSettings;
  /** By event number; events published before the webhook was created are missing. */
  expectedDeliveries: Map<number, ExpectedDelivery>;
  chains: Chains;
  feed: FeedModel;
  /** No request may start: not validated yet, or a suspend or delete call has returned. */
  isBlocked: boolean;
  /** When it became blocked. */
  blockedAtMs: number;
  /** As the API returns it; it may change only when the model's does. */
  activeSince: string | null;
  lastCode: string | null;
  rejectsCode: boolean;
  failsNext: boolean;
}

/** A request for a blocked webhook. */
export interface LateRequest {
  webhook: LiveWebhook;
  eventId: string;
  /** No request may start after this time. */
  endedAtMs: number;
  seenAtMs: number;
}

/** One sequence of commands: a tenant, its webhooks and everything observed so far. */
export interface Sequence {
  system: System;
  name: string;
  api: ApiClient;
  tenantId: string;
  startedAt: Date;
  /** The number of the current command. */
  step: number;
  webhooks: LiveWebhook[];
  /** The number of events so far; it is also the number of the next event. */
  events: number;
  /** The number of events that were refused because the tenant was stopped. */
  refused: number;
  /** The numbers of events by id, as far as they are known. */
  eventNumbers: Map<string, number>;
  /** Jobs that the producer may not have read yet. */
  pushes: Set<string>;
  /** The paths of replays and recoveries that may be running. */
  replays: Set<string>;
  /** Requests that must have started before the time at which they were seen here. */
  lateRequests: LateRequest[];
  isOver: boolean;
  violations: string[];
  trace: string[];
}

/** Returns the webhook that was created last for a target, if any. */
export const latestWebhook = (sequence: Sequence, target: Target): LiveWebhook | undefined =>
  sequence.webhooks.findLast((webhook) => webhook.target === target);

/** Adds a line to the trace, with the step and the time since the start. */
export function trace({ step, startedAt, trace: lines }: Sequence, text: string): void {
  lines.push(`${step} at ${Date.now() - startedAt.getTime()} ms: ${text}`);
}

/** Records a difference between the system and the model. */
export function recordViolation(sequence: Sequence, text: string): void {
  const line = `step ${sequence.step}: ${text}`;
  trace(sequence, `VIOLATION ${text}`);
  if (sequence.isOver) sequence.system.violationsAfterEnd.push(`${sequence.name}: ${line}`);
  else sequence.violations.push(line);
}

/** Compares a response with the expected status and error code. */
export function compareResponse(
  sequence: Sequence,
  call: string,
  { real, expected }: { real: ApiResponse; expected: { status: number; code?: string | undefined } },
): void {
  trace(sequence, `${call} → ${real.status} ${real.body?.code ?? ''}`.trim());
  if (real.status === expected.status && real.body?.code === expected.code) return;
  recordViolation(
    sequence,
    `${call} returned ${real.status} ${JSON.stringify(real.body)}, expected ${JSON.stringify(expected)}`,
  );
}

export const describeWebhook = ({ index, model }: LiveWebhook): string =>
  `webhook ${index} (${model.status}, epoch ${model.epoch})`;
