import { createHash } from 'node:crypto';
import {
  isJsonObject,
  type AcceptedEventResponse,
  type BatchResponse,
  type PublishBody,
  publishBody,
  REPORTED,
  countFieldErrors,
  fieldErrors,
} from '@posthorn/contract';
import {
  cooperativeYield,
  errorText,
  dataTextOf,
  decodeId,
  elementMemberTexts,
  encodeId,
  eventAttributes,
  type FieldError,
  PosthornError,
  type TraceContext,
  fieldError,
  reason,
} from '@posthorn/core';
import {
  type AcceptedResult,
  type EventRate,
  type IncomingEvent,
  type KeyCheck,
  type RejectedResult,
} from '@posthorn/fanout';
import type { Caller } from '../access/authenticate.js';
import { resolveTenants } from '../calls/external-references.js';
import type { Handler } from '../calls/handler.js';
import { impliedTenantOf, resolveTenantId, tenantNotFound } from '../access/tenancy.js';
import type { EventDeps } from './deps.js';
import { BatchErrors } from './batch-errors.js';

/**
 * Refuses an event that would wait too long before its call is validated: refusing must not add to an overload. An event that names
 * its tenant otherwise than by its id is refused later.
 */
export const assertShortWait = (
  caller: Caller,
  body: unknown,
  { acceptor }: Pick<EventDeps, 'acceptor'>,
): void => {
  if (!isJsonObject(body)) return;
  const { tenantId: named, type } = body;
  const tenantId =
    caller.tenantId ?? (typeof named === 'string' ? decodeId('tenant', named) : impliedTenantOf(caller));
  if (tenantId !== null && typeof type === 'string') acceptor.assertShortWait({ tenantId, type });
};

export const publishEvent: Handler<'publishEvent', EventDeps> = async (
  { caller, keyCheck, body, bodyText, idempotencyKey, noteRate, trace },
  { acceptor },
) => {
  assertOneKey(body, idempotencyKey);
  const dataText = dataTextOf(bodyText);
  const publishing = { caller, keyCheck, dataText, idempotencyKey, isOwnKey: true, noteRate, trace };
  const accepted = await acceptor.accept(toIncoming(body, publishing));
  if (accepted.status === 'rejected') throw rejection(accepted, caller);
  const serialized = serializeAccepted(accepted);
  return serialized.duplicate
    ? { status: 200, body: serialized, headers: { 'idempotency-replayed': 'true' } }
    : { status: 202, body: serialized };
};

/** @throws PosthornError if the keys of the body and of the header differ */
function assertOneKey({ idempotencyKey: inBody }: PublishBody, inHeader: string | null): void {
  if (inHeader === null || (inBody ?? inHeader) === inHeader) return;
  const error = fieldError('idempotencyKey', 'other_idempotency_key');
  throw new PosthornError('invalid_input', { errors: [error] });
}

export const publishBatch: Handler<'publishBatch', EventDeps> = async (
  { caller, keyCheck, body, bodyText, idempotencyKey, noteRate, trace },
  deps,
) => {
  const result: BatchResponse = { accepted: [], rejected: [] };
  const valid: { index: number; incoming: IncomingEvent }[] = [];
  const dataTexts = elementMemberTexts(bodyText, { list: 'events', member: 'data' });
  const errors = new BatchErrors();
  const yielder = cooperativeYield();
  for (const [index, event] of (await resolveTenants(body.events, deps.prisma)).entries()) {
    const parsed = parseEvent(event, {
      caller,
      keyCheck,
      dataText: dataTexts[index] ?? '',
      idempotencyKey: keyInBatch(caller, idempotencyKey, index),
      isOwnKey: false,
      noteRate,
      trace,
    });
    if (parsed.ok) valid.push({ index, incoming: parsed.incoming });
    else result.rejected.push({ index, ...errors.bounded(parsed.rejected, parsed.found) });
    if (yielder.tick()) await yielder.yield();
  }
  // Throws only for errors that concern the whole batch.
  const results = await deps.acceptor.acceptAll(valid.map(({ incoming }) => incoming));
  results.forEach((accepted, position) => {
    const index = valid[position]?.index ?? 0;
    if (accepted.status !== 'rejected') result.accepted.push({ index, ...serializeAccepted(accepted) });
    else result.rejected.push({ index, ...errors.bounded(batchRejection(accepted)) });
  });
  result.rejected.sort((a, b) => a.index - b.index);
  return { status: 202, body: result };
};

type BatchRejected = Omit<BatchResponse['rejected'][number], 'index'>;

/** Derives the key of one event from the batch's key, so that a retry after a partial failure creates no duplicates. */
function keyInBatch(caller: Caller, batchKey: string | null, index: number): string | null {
  if (batchKey === null) return null;
  return createHash('sha256').update(`${caller.id} ${index} ${batchKey}`).digest('hex');
}

type ParsedEvent =
  | { ok: true; incoming: IncomingEvent }
  /** `found`: the number of errors, if not all of them are named. */
  | { ok: false; rejected: BatchRejected; found?: number };

/** Validates one event of a batch. */
function parseEvent(event: unknown, publishing: Publishing): ParsedEvent {
  const parsed = publishBody.safeParse(event, REPORTED);
  if (!parsed.success)
    return {
      ok: false,
      rejected: invalid(fieldErrors(parsed.error)),
      found: countFieldErrors(parsed.error),
    };
  try {
    return { ok: true, incoming: toIncoming(parsed.data, publishing) };
  } catch (error) {
    if (!(error instanceof PosthornError)) throw error;
    if (error.code === 'not_found')
      return { ok: false, rejected: { code: 'not_found', message: 'Tenant not found' } };
    if (error.code === 'invalid_input') return { ok: false, rejected: invalid(error.errors ?? []) };
    throw error;
  }
}

function batchRejection({ code, message, errors }: RejectedResult): BatchRejected {
  return code === 'unknown_tenant' ? { code: 'not_found', message } : { code, message, errors };
}

function invalid(errors: FieldError[]): BatchRejected {
  const [first] = errors;
  return {
    code: 'invalid_input',
    message: errorText(first ?? fieldError('', 'invalid')),
    errors,
  };
}

/** The context of an event besides its body. */
interface Publishing {
  caller: Caller;
  keyCheck: KeyCheck | undefined;
  /** The text of its data. */
  dataText: string;
  /** The idempotency key of the request, or in a batch the one derived from it, unless the body has one. */
  idempotencyKey: string | null;
  /** Whether that key is the one of the publisher, not derived from it. */
  isOwnKey: boolean;
  noteRate: (rate: EventRate) => void;
  trace: TraceContext | null;
}

function toIncoming(
  body: PublishBody,
  { caller, keyCheck, dataText, idempotencyKey, isOwnKey, noteRate, trace }: Publishing,
): IncomingEvent {
  return {
    tenantId: resolveTenantId(caller, body.tenantId ?? undefined),
    type: body.type,
    data: body.data,
    dataText,
    occurredAt: body.occurredAt ?? null,
    idempotencyKey: body.idempotencyKey ?? idempotencyKey,
    attributes: eventAttributes({
      idempotencyKey: body.idempotencyKey ?? (isOwnKey ? idempotencyKey : null),
      metadata: body.metadata,
      orderingKey: body.orderingKey,
    }),
    pushed: null,
    keyCheck,
    noteRate,
    trace,
  };
}

function rejection({ code, message, errors }: RejectedResult, { tenantId }: Caller): PosthornError {
  switch (code) {
    case 'unknown_tenant':
      return new PosthornError('not_found', { detail: message });
    case 'tenant_suspended':
      return new PosthornError('tenant_suspended', { reason: reason('tenant_suspended') });
    case 'tenant_deleted':
      return tenantId === null ? tenantNotFound() : new PosthornError('unauthorized');
    case 'payload_too_large':
      return new PosthornError('payload_too_large', { detail: message });
    case 'schema_violation':
      return new PosthornError('schema_violation', { detail: message, errors });
    case 'quota_exceeded':
      return new PosthornError('quota_exceeded', { detail: message });
    case 'idempotency_key_reused':
      return new PosthornError('idempotency_key_reused', { detail: message });
  }
}

function serializeAccepted({ id, deliveries, status }: AcceptedResult): AcceptedEventResponse {
  return { id: encodeId('event', id), deliveries, duplicate: status === 'duplicate' };
}
