import { randomBytes } from 'node:crypto';
import { patientClient } from '@posthorn/testkit';
import type { Url } from './command.js';
import type { DeliveryRun, ExpectedDelivery } from './expected-delivery.js';
import { checkFirstArrival } from './order.js';
import type { SequenceRequest } from './sequence-receiver.js';
import {
  describeWebhook,
  type LateRequest,
  type LiveWebhook,
  recordViolation,
  type Sequence,
  type System,
  trace,
} from './sequence.js';
import { unvalidatedUrl } from './webhook-model.js';

/** Creates a tenant for a new sequence and starts to receive its requests. */
export async function startSequence(system: System): Promise<Sequence> {
  const name = randomBytes(6).toString('hex');
  const { status, body } = await system.admin.post('/v1/tenants', { name: `sequence ${name}` });
  if (status !== 201) throw new Error(`Tenant not created: ${status}`);
  const sequence: Sequence = {
    system,
    name,
    api: patientClient(system.stack.apiUrl, body.key),
    tenantId: body.id,
    startedAt: new Date(),
    step: 0,
    webhooks: [],
    events: 0,
    refused: 0,
    eventNumbers: new Map(),
    pushes: new Set(),
    replays: new Set(),
    lateRequests: [],
    isOver: false,
    violations: [],
    trace: [],
  };
  system.receiver.open(name, (request) => handleRequest(sequence, request));
  return sequence;
}

function handleRequest(sequence: Sequence, { path, json, number }: SequenceRequest): number {
  const [index, urlNumber] = path.map(Number);
  const url = urlNumber as Url;
  const webhook = sequence.webhooks[index ?? -1];
  if (!webhook) {
    recordViolation(sequence, `request to an unknown webhook: ${path.join('/')}`);
    return 404;
  }
  return json.type === 'webhook.validation'
    ? handleValidation(sequence, webhook, { url, json })
    : handleEvent(sequence, webhook, { url, json, number });
}

type ReceivedRequest = Pick<SequenceRequest, 'json' | 'number'> & { url: Url };

function handleValidation(
  sequence: Sequence,
  webhook: LiveWebhook,
  { url, json }: Omit<ReceivedRequest, 'number'>,
): number {
  if (unvalidatedUrl(webhook.model) !== url)
    recordViolation(sequence, `validation request to URL ${url} of ${describeWebhook(webhook)}`);
  webhook.lastCode = json.data.code;
  return webhook.rejectsCode ? 500 : 200;
}

function handleEvent(
  sequence: Sequence,
  webhook: LiveWebhook,
  { url, json, number }: ReceivedRequest,
): number {
  const { n } = json.data;
  sequence.eventNumbers.set(json.id, n);
  sequence.system.counters.requests += 1;
  const status = webhook.failsNext ? 500 : 200;
  webhook.failsNext = false;
  trace(sequence, `event ${n} arrived at URL ${url} of ${describeWebhook(webhook)}, response ${status}`);
  const expected = webhook.expectedDeliveries.get(n);
  if (webhook.isBlocked)
    recordLateRequest(sequence, {
      webhook,
      eventId: json.id,
      endedAtMs: webhook.blockedAtMs,
      seenAtMs: Date.now(),
    });
  else {
    checkRequest(sequence, webhook, { n, url, run: expected?.run });
    checkOrder(sequence, webhook, { expected, number });
  }
  expected?.run?.arrivals.push({ url, status });
  return status;
}

function checkRequest(
  sequence: Sequence,
  webhook: LiveWebhook,
  { n, url, run }: { n: number; url: Url; run: DeliveryRun | null | undefined },
): void {
  const arrival = `event ${n} arrived at URL ${url} of ${describeWebhook(webhook)}`;
  if (sequence.isOver) recordViolation(sequence, `${arrival} after everything was settled`);
  else if (!run) recordViolation(sequence, `${arrival}, which has no delivery in progress`);
  else if (run.expectation === 'forbidden') recordViolation(sequence, `${arrival}, which is forbidden`);
  else if (!run.urls.includes(url))
    recordViolation(sequence, `${arrival}, expected URL ${run.urls.join(' or ')}`);
}

function checkOrder(
  sequence: Sequence,
  { chains, model }: LiveWebhook,
  { expected, number }: { expected: ExpectedDelivery | undefined; number: number | null },
): void {
  const run = expected?.run;
  if (!run || run.arrivals.length > 0) return;
  if ((number !== null) !== expected.isNumbered)
    recordViolation(sequence, `event ${expected.event.n} arrived with the number ${number}`);
  if (number === null) return;
  const violation = checkFirstArrival(chains, model, { expected, run, number });
  if (violation !== null) recordViolation(sequence, `event ${expected.event.n}: ${violation}`);
}

/** Records a request that arrived after the time limit. It may have started before: its start time is checked later. */
function recordLateRequest(sequence: Sequence, request: LateRequest): void {
  sequence.lateRequests.push(request);
  if (sequence.isOver) sequence.system.lateRequests.add(sequence);
}
