import { MAX_EVENT_BYTES } from '@posthorn/contract';
import {
  DEFAULT_TENANT_ID,
  encodeId,
  type FieldError,
  groupCommit,
  newId,
  patternsMatching,
  derivedId,
  type TraceContext,
} from '@posthorn/core';
import {
  type AcceptedEvent,
  type AcceptRules,
  findRepeats,
  isDataError,
  type NewEvent,
  type Pool,
} from '@posthorn/database';
import { createSchemaCheck, type SchemaCheck } from '@posthorn/rules';
import type { Tracing } from '@posthorn/runtime';
import type { EventWithData } from './ask-filters.js';
import { FanOut } from './fan-out.js';
import { createJobMaker, type JobMakerDeps } from './job-maker.js';
import { type AcceptLimits, createEntrance, TOO_LATE } from './limits.js';
import { createTaker } from './take-events.js';
import { type FanOutTrace, startFanOut } from './trace-fan-out.js';
import { beginTurn } from './turn.js';

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
  /** What it is part of. */
  trace?: TraceContext | null;
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
  /**
   * Resolves once the event is durable in PostgreSQL; its jobs follow. Rejects when PostgreSQL cannot take it, with
   * `unavailable` when a limit is reached.
   */
  accept(event: IncomingEvent): Promise<Accepted>;
  /** The same for all events of one call: when a limit is reached none of them is taken. */
  acceptAll(events: readonly IncomingEvent[]): Promise<Accepted[]>;
  /** Waits for the jobs of everything that was accepted. */
  close(): Promise<void>;
}

export interface AcceptorDeps extends JobMakerDeps {
  pool: Pool;
  /** For what each batch asks, one statement at a time: a pool that plans once. `pool` unless said. */
  hotPathPool?: Pool;
  /** Without them everything waits for as long as it takes. */
  limits?: AcceptLimits;
  tracing?: Tracing | null;
}

/** Where nobody waits for an answer larger batches cost less; where somebody does, whoever comes next waits less long. */
const MAX_BATCH = 500;
const MAX_BATCH_OF_CALLS = 50;

/** Between two full batches of calls. Whoever floods waits a little longer, and the events of the others come through. */
const REST_MS = 5;

/** What one statement may take: characters of events, and for each delivery the work of so many. */
const MAX_BATCH_WEIGHT = 4 * 1024 * 1024;
const DELIVERY_WEIGHT = 4 * 1024;

/** The one way into Posthorn for events, whichever door they come through: accept, match, enqueue, a batch at a time. */
export function createAcceptor({
  pool,
  hotPathPool = pool,
  limits,
  tracing,
  ...jobMakerDeps
}: AcceptorDeps): Acceptor {
  const checkSchema = createSchemaCheck();
  const take = createTaker(hotPathPool);
  const fanOut = new FanOut();
  const jobMaker = createJobMaker(jobMakerDeps);
  const enter = limits ? createEntrance(limits) : () => () => {};

  async function acceptBatch(incoming: WrittenEvent[]): Promise<Accepted[]> {
    await jobMaker.ready();
    const now = new Date();
    const { verdicts, events, accepted } = await take(
      incoming.map(({ event }) => event),
      (rules) => judgeAll(incoming, { rules, checkSchema, now }),
    );
    const tenants = new Map(events.map((event) => [event.id, event.tenantId]));
    const made = accepted.map(({ eventId, deliveries }) => ({
      tenantId: tenants.get(eventId) ?? '',
      deliveries,
    }));
    fanOut.learn(made);
    const jobs = made.flatMap(({ tenantId, deliveries }) =>
      deliveries.map(({ id, lane }) => ({ deliveryId: id, dueAt: now, lane, tenantId })),
    );
    jobMaker.make(jobs);

    const results = await resultsOf(pool, events, accepted);
    return verdicts.map((verdict) => ('body' in verdict ? resultFor(results, verdict) : verdict));
  }

  const commit = groupCommit(acceptBatch, {
    weigh: ({ event, dataText }) => dataText.length + fanOut.expected(event.tenantId) * DELIVERY_WEIGHT,
    maxWeight: MAX_BATCH_WEIGHT,
    ownerOf: ({ event }) => event.tenantId,
    isItemFault: isDataError,
    ...(limits
      ? { maxBatch: MAX_BATCH_OF_CALLS, restMs: REST_MS, timeout: { ms: limits.withinMs, detail: TOO_LATE } }
      : { maxBatch: MAX_BATCH }),
  });

  async function acceptAll(events: readonly IncomingEvent[]): Promise<Accepted[]> {
    const written = events.map((event) => ({
      event,
      dataText: JSON.stringify(event.data),
      fanOut: tracing ? startFanOut(tracing, event) : null,
    }));
    const leave = enter(
      written.map(({ event, dataText }) => ({ tenantId: event.tenantId, chars: dataText.length })),
    );
    const results = written.map((each) => (each.fanOut ? traced(commit(each), each.fanOut) : commit(each)));
    void Promise.allSettled(results).then(leave);
    return Promise.all(results);
  }

  return {
    async accept(event) {
      const [accepted] = await acceptAll([event]);
      if (!accepted) throw new Error('one event has one result');
      return accepted;
    },
    acceptAll,
    close: jobMaker.close,
  };
}

/** An event whose data is JSON text already: what it weighs, and the part of the body that stays as it is. */
interface WrittenEvent {
  event: IncomingEvent;
  dataText: string;
  fanOut: FanOutTrace | null;
}

async function traced(work: Promise<Accepted>, fanOut: FanOutTrace): Promise<Accepted> {
  try {
    const accepted = await work;
    fanOut.end(accepted);
    return accepted;
  } catch (error) {
    fanOut.fail();
    throw error;
  }
}

type Refusal = Extract<Accepted, { status: 'rejected' }>;

interface Judging {
  rules: AcceptRules;
  checkSchema: SchemaCheck;
  now: Date;
}

async function judgeAll(
  events: readonly WrittenEvent[],
  judging: Judging,
): Promise<(EventWithData | Refusal)[]> {
  const verdicts: (EventWithData | Refusal)[] = [];
  const turn = beginTurn();
  for (const written of events) {
    verdicts.push(judge(written, judging));
    if (turn.isOver()) await turn.next();
  }
  return verdicts;
}

function judge(written: WrittenEvent, { rules, checkSchema, now }: Judging): EventWithData | Refusal {
  const refused = refusal(written.event, rules, checkSchema);
  if (refused) return refused;
  const accepted = toNewEvent(written, now);
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

/** A schema that cannot be used, or takes too much work for this data, must not stop the events of other types. */
function misfits(schema: string, data: unknown, checkSchema: SchemaCheck): FieldError[] {
  try {
    return checkSchema(schema, data);
  } catch (error) {
    return [
      {
        path: 'data',
        message: `cannot be checked: ${error instanceof Error ? error.message : String(error)}`,
      },
    ];
  }
}

function toNewEvent(written: WrittenEvent, now: Date): EventWithData {
  const { event } = written;
  // A push cannot lie in the future; its id comes from its own time all the same, to be the same at every reading.
  const publishedAt = event.pushed && event.pushed.at < now ? event.pushed.at : now;
  const id = event.pushed ? derivedId(event.pushed.id, idTimeOf(event.pushed.at, now)) : newId();
  return {
    id,
    tenantId: event.tenantId,
    type: event.type,
    patterns: patternsMatching(event.type),
    body: bodyOf(written, { id, timestamp: event.occurredAt ?? publishedAt }),
    publishedAt,
    pushed: event.pushed !== null,
    idempotencyKey: event.idempotencyKey,
    traceContext: written.fanOut?.context ?? null,
    data: event.data,
  };
}

function bodyOf(
  { event, dataText }: WrittenEvent,
  { id, timestamp }: { id: string; timestamp: Date },
): string {
  const head = { id: encodeId('event', id), type: event.type, timestamp: timestamp.toISOString() };
  return `${JSON.stringify(head).slice(0, -1)},"data":${dataText}}`;
}

/** What became of each event: new, or the event that it repeats. */
async function resultsOf(
  pool: Pool,
  events: readonly NewEvent[],
  accepted: readonly AcceptedEvent[],
): Promise<Map<NewEvent, Accepted>> {
  const counts = new Map(accepted.map((event) => [event.eventId, event.deliveries.length]));
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
