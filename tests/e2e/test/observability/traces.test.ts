// One trace from the publisher through each ingress and all processes to each attempt, and one log line for each attempt.
import { randomBytes } from 'node:crypto';
import { context, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { StackContextManager, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
import { eventually, type RecordedRequest } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { documentedLogFields } from './documented-metrics.js';
import { type ObservedStack, startObservedStack } from './observed-stack.js';
import { type CollectedSpan, type SpanCollector, startSpanCollector } from './span-collector.js';

const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];

let collector: SpanCollector;
let stack: ObservedStack;
let webhookId: string;
let secret: string;

const SENT = { timeoutMs: 15_000, intervalMs: 100 };

beforeAll(async () => {
  collector = await startSpanCollector();
  stack = await startObservedStack({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '200',
    POSTHORN_LOG_ATTEMPTS: 'all',
  });
  // Only the receiver may see the path and the query of the URL.
  const url = `${stack.receiver.url}/path-secret?token=query-secret`;
  const fields = {
    url,
    eventTypes: ['trip.*'],
    retrySchedule: [1, 3600],
    headers: { 'x-own': 'header-secret' },
  };
  webhookId = await stack.createWebhook(fields);
  ({ secret } = (await stack.api.post(`/v1/webhooks/${webhookId}/secrets/rotate`)).body);
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await collector?.close();
});

beforeEach(() => {
  stack.receiver.requests.length = 0;
  stack.receiver.handle(() => ({}));
});

const DATA = { note: 'payload-secret' };

function newTrace(flags = '01') {
  const [traceId, parentId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, parentId, traceparent: `00-${traceId}-${parentId}-${flags}` };
}

/** Makes parked retries due. */
async function makeDue(deliveryId: string): Promise<void> {
  const { pool, stop } = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e', max: 1 });
  const { rowCount } = await pool.query(
    'UPDATE pending_delivery SET next_attempt_at = now() WHERE parked AND id = $1',
    [decodeId('delivery', deliveryId)],
  );
  expect(rowCount).toBe(1);
  await stop();
}

/** Returns the spans of a trace once there are `count`, each with its parent's name if that is one of them. */
async function spansOf(traceId: string, count: number): Promise<CollectedSpan[]> {
  return eventually(() => {
    const spans = collector.ofTrace(traceId);
    expect(spans.map(({ name }) => name)).toHaveLength(count);
    return spans;
  }, SENT);
}

/** Returns one line per span: its parent and its name. */
function treeOf(spans: CollectedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const lines = spans.map(({ service, name, kind, parentSpanId }) => {
    const parent = byId.get(parentSpanId)?.name ?? parentSpanId;
    return `${parent} > ${service.replace('posthorn-', '')} ${name} ${kind}`;
  });
  return lines.toSorted((a, b) => a.localeCompare(b));
}

const inOrder = (...lines: string[]): string[] => lines.toSorted((a, b) => a.localeCompare(b));

const ATTEMPT = [
  `send deliveries > worker process deliveries ${CONSUMER}`,
  `process deliveries > worker POST ${CLIENT}`,
];

const pushed = (parentId: string, ingress: string) =>
  inOrder(
    `${parentId} > producer process ${ingress} ${CONSUMER}`,
    `process ${ingress} > producer send deliveries ${PRODUCER}`,
    ...ATTEMPT,
  );

const traceparentsOf = (requests: RecordedRequest[]) => requests.map(({ headers }) => headers['traceparent']);

describe('an event published over HTTP', () => {
  it('is one trace with all its attempts, hours later too', async () => {
    const { traceId, parentId, traceparent } = newTrace();
    stack.receiver.handle(() => (stack.receiver.requests.length < 3 ? { status: 500 } : {}));
    await stack.api.post('/v1/events', { type: 'trip.begun', data: DATA }, { traceparent });
    await stack.receiver.waitFor(2);
    // The next retry is parked in PostgreSQL, without a job.
    const delivery = await eventually(async () => {
      const { body } = await stack.api.get(`/v1/deliveries?webhookId=${webhookId}&status=pending`);
      expect(body.data).toMatchObject([{ attemptCount: 2 }]);
      return body.data[0];
    });
    await makeDue(delivery.id);
    const requests = await stack.receiver.waitFor(3);

    const spans = await spansOf(traceId, 8);
    expect(treeOf(spans)).toEqual(
      inOrder(
        `${parentId} > api POST /v1/events ${SERVER}`,
        `POST /v1/events > api send deliveries ${PRODUCER}`,
        ...ATTEMPT,
        ...ATTEMPT,
        ...ATTEMPT,
      ),
    );
    // The traceparent of each request is its span.
    const clients = spans.filter(({ kind }) => kind === CLIENT);
    expect(new Set(traceparentsOf(requests))).toEqual(
      new Set(clients.map(({ spanId }) => `00-${traceId}-${spanId}-01`)),
    );
    const statuses = clients.map(
      ({ attributes, failed }) => `${String(attributes['http.response.status_code'])} ${failed}`,
    );
    expect(statuses.toSorted((x, y) => x.localeCompare(y))).toEqual(['200 false', '500 true', '500 true']);
    const jobs = spans.filter(({ name }) => name === 'process deliveries');
    const numbers = new Set(jobs.map(({ attributes }) => attributes['posthorn.delivery.attempt']));
    expect(numbers).toEqual(new Set([1, 2, 3]));
    for (const { attributes } of jobs)
      expect(attributes).toMatchObject({
        'posthorn.delivery.id': delivery.id,
        'posthorn.webhook.id': webhookId,
      });
  });
});

describe('a pushed event', () => {
  it('joins the trace in the traceparent of a job', async () => {
    const { traceId, parentId, traceparent } = newTrace();
    await stack.events.add('trip.queued', { data: DATA, traceparent });
    expect(treeOf(await spansOf(traceId, 4))).toEqual(pushed(parentId, 'events'));
  });

  it('joins the trace in the traceparent of a stream entry', async () => {
    const { traceId, parentId, traceparent } = newTrace();
    const fields = ['type', 'trip.streamed', 'data', JSON.stringify(DATA), 'traceparent', traceparent];
    await stack.redis.xadd(`${stack.prefix}:intake`, '*', ...fields);
    expect(treeOf(await spansOf(traceId, 4))).toEqual(pushed(parentId, 'intake'));
  });

  it('joins the trace of a publisher with bullmq-otel', async () => {
    trace.setGlobalTracerProvider(new TracerProvider());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    context.setGlobalContextManager(new StackContextManager().enable());
    const telemetry = new BullMQOtel({ tracerName: 'publisher' });
    const queue = new Queue('events', { connection: stack.redis, prefix: stack.prefix, telemetry });
    const job = await queue.add('trip.traced', { data: DATA });
    await queue.close();
    const { traceparent } = JSON.parse(job.opts.telemetry?.metadata ?? '');
    const [, traceId, parentId] = traceparent.split('-');
    expect(treeOf(await spansOf(traceId, 4))).toEqual(pushed(parentId, 'events'));
  });

  it('with an invalid traceparent is accepted, in a new trace', async () => {
    await stack.events.add('trip.odd', { data: DATA, traceparent: 'nonsense' });
    const [request] = await stack.receiver.waitFor(1);
    const [, traceId = ''] = String(request?.headers['traceparent']).split('-');
    expect(treeOf(await spansOf(traceId, 4))).toEqual(pushed('', 'events'));
  });
});

it('an event whose trace is not sampled has no spans, and receivers get no traceparent', async () => {
  const { traceId, traceparent } = newTrace('00');
  await stack.api.post('/v1/events', { type: 'trip.silent', data: DATA }, { traceparent });
  const requests = await stack.receiver.waitFor(1);
  expect(traceparentsOf(requests)).toEqual([undefined]);
  // Later spans have been exported.
  const later = newTrace();
  await stack.api.post('/v1/events', { type: 'trip.heard', data: DATA }, { traceparent: later.traceparent });
  await spansOf(later.traceId, 4);
  expect(collector.ofTrace(traceId)).toEqual([]);
});

it('the log has one line per attempt, with the documented fields', async () => {
  const { traceId, traceparent } = newTrace();
  const before = attemptLines().length;
  stack.receiver.handle(() => (stack.receiver.requests.length < 2 ? { status: 503 } : {}));
  const { body } = await stack.api.post('/v1/events', { type: 'trip.logged', data: DATA }, { traceparent });
  await stack.receiver.waitFor(2);
  const lines = await eventually(() => {
    const written = attemptLines().slice(before);
    expect(written.length).toBeGreaterThanOrEqual(2);
    return written;
  });
  const same = {
    level: 'info',
    message: 'attempt',
    service: 'worker',
    pid: expect.any(Number),
    timestamp: expect.any(String),
    deliveryId: expect.stringMatching(/^dlv_/),
    eventId: body.id,
    eventType: 'trip.logged',
    webhookId,
    tenantId: expect.stringMatching(/^ten_/),
    latenessMs: expect.any(Number),
    durationMs: expect.any(Number),
    traceId,
  };
  expect(lines).toEqual([
    {
      ...same,
      lane: 'fast',
      attempt: 1,
      responseStatus: 503,
      decision: 'retry',
      retryInMs: expect.any(Number),
    },
    { ...same, lane: 'retry', attempt: 2, responseStatus: 200, decision: 'succeeded' },
  ]);
  // Attempts without a response, and exhausted deliveries.
  const used = new Set([...lines.flatMap((line) => Object.keys(line)), 'error', 'reason']);
  expect([...used].toSorted()).toEqual(documentedLogFields.toSorted());
});

const attemptLines = () => stack.logOf('worker').filter(({ message }) => message === 'attempt');

it('spans and logs contain no secrets', async () => {
  const spans = collector.bodies.join('\n');
  expect(spans).toContain('process deliveries');
  const { password } = new URL(stack.databaseUrl);
  const secrets = [
    'payload-secret',
    'path-secret',
    'query-secret',
    'header-secret',
    secret,
    stack.adminKey,
    password,
  ];
  const logs = JSON.stringify([stack.logOf('api'), stack.logOf('producer'), stack.logOf('worker')]);
  for (const text of secrets) {
    expect(text.length).toBeGreaterThan(8);
    expect([text, spans.includes(text), logs.includes(text)]).toEqual([text, false, false]);
  }
});
