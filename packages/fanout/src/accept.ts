import { MAX_EVENT_BYTES } from '@posthorn/contract';
import {
  DEFAULT_TENANT_ID,
  encodeId,
  type FieldError,
  groupCommit,
  newId,
  patternsMatching,
  derivedId,
} from '@posthorn/core';
import {
  type AcceptedEvent,
  type AcceptRules,
  acceptEvents,
  findRepeats,
  isDataFault,
  type NewEvent,
  type Pool,
  readAcceptRules,
} from '@posthorn/database';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';
import { createSchemaCheck, type SchemaCheck } from './schema-check.js';

/** An event that somebody publishes, well-formed. */
export interface IncomingEvent {
  /** A UUID; the tenant need not exist. */
  tenantId: string;
  type: string;
  data: Record<string, unknown>;
  occurredAt: Date | null;
  idempotencyKey: string | null;
  /** For an event that was pushed to Redis: its identity and time there. The same push makes the same event. */
  pushed: { id: string; at: Date } | null;
}

export type Accepted =
  | { status: 'accepted' | 'repeat'; id: string; deliveries: number }
  | {
      status: 'rejected';
      code: 'unknown_tenant' | 'schema_violation' | 'payload_too_large';
      message: string;
      errors: FieldError[];
    };

export interface Acceptor {
  /** Resolves once the event is durable in PostgreSQL; its jobs follow. Rejects when PostgreSQL cannot take it. */
  accept(event: IncomingEvent): Promise<Accepted>;
  /** Waits for the jobs of everything that was accepted. */
  close(): Promise<void>;
}

export interface AcceptorDeps {
  pool: Pool;
  deliveries: Pick<DeliveryQueue, 'enqueue'>;
  /** Hears when jobs could not be made; the reconciler makes them later. */
  onEnqueueError: (error: unknown) => void;
}

/** The one way into Posthorn for events, whichever door they come through: accept, match, enqueue, a batch at a time. */
export function createAcceptor({ pool, deliveries, onEnqueueError }: AcceptorDeps): Acceptor {
  const checkSchema = createSchemaCheck();
  // Jobs are made while the next batch is committed. More than two batches without jobs are never waited for.
  let enqueued: Promise<void> = Promise.resolve();
  let enqueuedBefore = enqueued;

  async function enqueue(jobs: DeliveryJob[]): Promise<void> {
    try {
      await deliveries.enqueue(jobs);
    } catch (error) {
      onEnqueueError(error);
    }
  }

  async function acceptBatch(incoming: IncomingEvent[]): Promise<Accepted[]> {
    await enqueuedBefore;
    const rules = await readAcceptRules(pool, {
      tenantIds: new Set(incoming.map((event) => event.tenantId).filter((id) => id !== DEFAULT_TENANT_ID)),
      types: new Set(incoming.map((event) => event.type)),
    });
    const now = new Date();
    const verdicts = incoming.map((event) => judge(event, { rules, checkSchema, now }));
    const events = verdicts.filter((verdict) => 'body' in verdict);
    const accepted = events.length > 0 ? await acceptEvents(pool, events) : [];

    const jobs = accepted.flatMap((event) =>
      event.deliveryIds.map((deliveryId) => ({ deliveryId, dueAt: now })),
    );
    enqueuedBefore = enqueued;
    enqueued = enqueued.then(() => enqueue(jobs));

    const results = await resultsOf(pool, events, accepted);
    return verdicts.map((verdict) => ('body' in verdict ? resultFor(results, verdict) : verdict));
  }

  return {
    accept: groupCommit(acceptBatch, { isItemFault: isDataFault }),
    close: () => enqueued,
  };
}

type Refusal = Extract<Accepted, { status: 'rejected' }>;

interface Judging {
  rules: AcceptRules;
  checkSchema: SchemaCheck;
  now: Date;
}

function judge(event: IncomingEvent, { rules, checkSchema, now }: Judging): NewEvent | Refusal {
  const refused = refusal(event, rules, checkSchema);
  if (refused) return refused;
  const accepted = toNewEvent(event, now);
  if (Buffer.byteLength(accepted.body) <= MAX_EVENT_BYTES) return accepted;
  const message = `an event may have ${MAX_EVENT_BYTES} bytes as the JSON that is sent`;
  return { status: 'rejected', code: 'payload_too_large', message, errors: [] };
}

function refusal(event: IncomingEvent, rules: AcceptRules, checkSchema: SchemaCheck): Refusal | null {
  if (event.tenantId !== DEFAULT_TENANT_ID && !rules.tenants.has(event.tenantId)) {
    return { status: 'rejected', code: 'unknown_tenant', message: 'there is no such tenant', errors: [] };
  }
  const schema = rules.schemas.get(event.type);
  const errors = schema ? misfits(schema, event.data, checkSchema) : [];
  if (errors.length === 0) return null;
  const message = `data does not fit the schema of ${event.type}: ${errors[0]?.path} ${errors[0]?.message}`;
  return { status: 'rejected', code: 'schema_violation', message, errors };
}

/** A schema is compiled before it is stored; one that came another way must not stop the events of other types. */
function misfits(schema: object, data: unknown, checkSchema: SchemaCheck): FieldError[] {
  try {
    return checkSchema(schema, data);
  } catch {
    return [{ path: 'data', message: 'cannot be checked: that schema is not valid' }];
  }
}

function toNewEvent(event: IncomingEvent, now: Date): NewEvent {
  // A push cannot lie in the future; its id comes from its own time all the same, to be the same at every reading.
  const publishedAt = event.pushed && event.pushed.at < now ? event.pushed.at : now;
  const id = event.pushed ? derivedId(event.pushed.id, idTimeOf(event.pushed.at, now)) : newId();
  return {
    id,
    tenantId: event.tenantId,
    type: event.type,
    patterns: patternsMatching(event.type),
    body: JSON.stringify({
      id: encodeId('event', id),
      type: event.type,
      timestamp: (event.occurredAt ?? publishedAt).toISOString(),
      data: event.data,
    }),
    publishedAt,
    pushed: event.pushed !== null,
    idempotencyKey: event.idempotencyKey,
  };
}

/** What became of each event: new, or the event that it repeats. */
async function resultsOf(
  pool: Pool,
  events: readonly NewEvent[],
  accepted: readonly AcceptedEvent[],
): Promise<Map<NewEvent, Accepted>> {
  const counts = new Map(accepted.map((event) => [event.eventId, event.deliveryIds.length]));
  const results = new Map<NewEvent, Accepted>();
  const repeats: NewEvent[] = [];
  for (const event of events) {
    const count = counts.get(event.id);
    if (count === undefined) repeats.push(event);
    else results.set(event, { status: 'accepted', id: event.id, deliveries: count });
  }
  if (repeats.length === 0) return results;
  const found = await findRepeats(pool, repeats);
  for (const [index, event] of repeats.entries()) {
    const original = found[index];
    if (original)
      results.set(event, { status: 'repeat', id: original.eventId, deliveries: original.deliveries });
  }
  return results;
}

function resultFor(results: Map<NewEvent, Accepted>, event: NewEvent): Accepted {
  const result = results.get(event);
  if (!result) throw new Error(`event ${event.id} is neither new nor a repeat`);
  return result;
}

const DAY_MS = 24 * 3_600_000;

/**
 * The time in the id of a push, which is also the day that it is filed under: its own, to be the same at every reading. A
 * clock may be ahead by a day; a push from before yesterday is filed under yesterday, to age out with the others.
 */
function idTimeOf(pushedAt: Date, now: Date): number {
  const yesterday = now.getTime() - (now.getTime() % DAY_MS) - DAY_MS;
  if (pushedAt.getTime() > now.getTime() + DAY_MS) return now.getTime();
  return Math.max(pushedAt.getTime(), yesterday);
}
