import {
  decide,
  DEFAULT_RETRY_SCHEDULE,
  type Decision,
  encodeId,
  gate,
  newId,
  type Outcome,
  type Sealer,
  type SentOutcome,
  startPermission,
  webhookHeaders,
} from '@posthorn/core';
import { liveSecrets, type LoadedDelivery, openHeaders, type Settlement } from '@posthorn/database';
import type { OutboundRequest } from '@posthorn/outbound';
import type { DeliveryTask, TaskResult } from '@posthorn/queue';
import type { RecordRequest } from './record.js';

export interface DeliverDeps {
  /** Reads a delivery with its event and webhook; undefined when it is not there. */
  load: (deliveryId: string) => Promise<LoadedDelivery | undefined>;
  send: (request: OutboundRequest) => Promise<Outcome>;
  /** Answers what is left to do for the job once the attempt is on record. */
  record: (request: RecordRequest) => Promise<TaskResult>;
  settle: (settlement: Settlement) => Promise<void>;
  /** Ends a webhook that answered 410 Gone. */
  suspendGone: (webhook: LoadedDelivery['webhook']) => Promise<void>;
  /** One canonical line for each attempt. */
  onAttempt: (attempt: AttemptReport) => void;
  sealer: Sealer;
  now: () => Date;
  /** Milliseconds that never go back. */
  monotonicMs: () => number;
  random: () => number;
}

export interface AttemptReport {
  loaded: LoadedDelivery;
  attempt: number;
  outcome: SentOutcome;
  decision: Decision;
}

const DONE: TaskResult = { again: null };

/** Readings of one delivery in a row that may be too old when the request could start. */
const MAX_READS = 3;

/** How long a delivery then waits for PostgreSQL to be quicker, in milliseconds. */
const SLOW_DATABASE_PAUSE_MS = 1000;

/** Workers that may die on a delivery before it is taken for the cause. */
const MAX_CRASHES = 20;

/** The path of one job: load, gate, sign, send, decide, record. */
export function createDeliver(deps: DeliverDeps): (task: DeliveryTask) => Promise<TaskResult> {
  return async function deliver({ deliveryId, crashes }) {
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const readAtMs = deps.monotonicMs();
      const loaded = await deps.load(deliveryId);
      if (!loaded) return DONE;

      const verdict = gate({ delivery: loaded.delivery, webhook: loaded.webhook, now: deps.now() });
      switch (verdict.kind) {
        case 'settled':
          return DONE;
        case 'not_due':
          return { again: verdict.dueAt };
        case 'drop':
          await deps.settle({ deliveryId, status: 'dropped', reason: verdict.reason });
          return DONE;
        case 'send':
          break;
      }
      if (crashes > MAX_CRASHES) {
        await deps.settle({ deliveryId, status: 'failed', reason: 'crashed' });
        return DONE;
      }

      const startedAt = deps.now();
      const permission = startPermission({
        readAtMs,
        monotonicMs: deps.monotonicMs,
        stillWanted: async () => isStillWanted(loaded, await deps.load(deliveryId), deps.now()),
      });
      const outcome = await deps.send({ ...sign(loaded, startedAt, deps.sealer), ...permission });
      // What was read is too old to act on: read again.
      if (outcome.kind === 'not_started') continue;

      return finish({ deps, loaded, outcome, startedAt });
    }
    return { again: new Date(deps.now().getTime() + SLOW_DATABASE_PAUSE_MS) };
  };
}

function isStillWanted(before: LoadedDelivery, again: LoadedDelivery | undefined, now: Date): boolean {
  if (!again || again.webhook.url !== before.webhook.url) return false;
  return gate({ delivery: again.delivery, webhook: again.webhook, now }).kind === 'send';
}

function sign(loaded: LoadedDelivery, timestamp: Date, sealer: Sealer): OutboundRequest {
  const { delivery, webhook, body } = loaded;
  const id = encodeId('event', delivery.eventId);
  const secrets = liveSecrets(webhook, timestamp, sealer);
  const headers = webhookHeaders({ id, timestamp, body, secrets, headers: openHeaders(webhook, sealer) });
  return { url: webhook.url, headers, body, timeoutMs: webhook.timeoutMs };
}

interface Sent {
  deps: DeliverDeps;
  loaded: LoadedDelivery;
  outcome: SentOutcome;
  startedAt: Date;
}

async function finish({ deps, loaded, outcome, startedAt }: Sent): Promise<TaskResult> {
  const { delivery, webhook } = loaded;
  const attempt = delivery.attemptCount + 1;
  const decidedAt = deps.now();
  const decision = decide(outcome, {
    attempt,
    retrySchedule: webhook.retrySchedule ?? DEFAULT_RETRY_SCHEDULE,
    now: decidedAt,
    random: deps.random,
  });
  deps.onAttempt({ loaded, attempt, outcome, decision });

  const recorded = await deps.record({
    id: newId(),
    deliveryId: delivery.id,
    number: attempt,
    startedAt,
    outcome,
    decision,
    decidedAt,
  });
  if (decision.kind === 'failed' && decision.reason === 'gone') await deps.suspendGone(webhook);
  return recorded;
}
