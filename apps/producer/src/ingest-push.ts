import {
  eventData,
  eventMetadata,
  isJsonObject,
  publishedType,
  pushedEvent,
  streamEntry,
  REPORTED,
  fieldErrors,
} from '@posthorn/contract';
import {
  dataTextOf,
  decodeId,
  DEFAULT_TENANT_ID,
  eventAttributes,
  SYSTEM_TENANT_ID,
  type TraceContext,
} from '@posthorn/core';
import type { Rejection } from '@posthorn/database';
import type { AcceptResult, IncomingEvent, PublishQuotas } from '@posthorn/fanout';
import { type Push, RetryLater } from '@posthorn/queue';
import type { CountEvent } from '@posthorn/runtime';
import type { z } from 'zod';

/**
 * A row of an outbox. Its payload is that of an entry of the stream `intake`. Its id is also its idempotency key, so that another row with the
 * same id but other content is rejected. It contains a control character, so no publisher has such a key.
 */
export interface OutboxPush extends Omit<Push & { source: 'stream' }, 'source'> {
  source: 'outbox';
}

export type AnyPush = Push | OutboxPush;

/** A parsed push, or the reason for its rejection. */
export type ParsedPush = { ok: true; event: IncomingEvent } | { ok: false; code: string; message: string };

export interface IngestPushDeps {
  accept: (event: IncomingEvent) => Promise<AcceptResult>;
  /** Returns 0, or the delay of an event whose tenant publishes more than its rate, in milliseconds. */
  delayOf: PublishQuotas['delayOfPush'];
  /** Stores a rejected push. */
  reject: (rejection: Rejection) => Promise<void>;
  count: CountEvent;
}

/**
 * Ingests one push: accepts it, or stores it with the reason for its rejection. Resolves when either is durable.
 * @throws RetryLater if its tenant publishes more than its rate
 */
export type IngestPush = (push: AnyPush, trace: TraceContext | null) => Promise<AcceptResult['status']>;

export function createIngestPush({ accept, delayOf, reject, count }: IngestPushDeps): IngestPush {
  return async (push, trace) => {
    const parsed = parsePush(push);
    if (!parsed.ok) {
      await reject(toRejection(push, parsed, tenantOf(push)));
      count(push.source, 'rejected');
      return 'rejected';
    }
    const delayMs = await delayOf(parsed.event, push.hasWaited ?? false);
    if (delayMs > 0) throw new RetryLater(delayMs);
    parsed.event.trace = trace;
    const accepted = await accept(parsed.event);
    count(push.source, accepted.status);
    if (accepted.status !== 'rejected') return accepted.status;
    const tenantId = accepted.code === 'unknown_tenant' ? null : parsed.event.tenantId;
    await reject(toRejection(push, accepted, tenantId));
    return 'rejected';
  };
}

/** Parses a push with the schema of its ingress, unless it was refused before. */
export function parsePush(push: AnyPush): ParsedPush {
  if (push.rejection) return { ok: false, ...push.rejection };
  return push.source === 'queue' ? parseJob(push, push.payload) : parseEntry(push, push.payload);
}

function parseJob(push: Push, json: string): ParsedPush {
  const type = publishedType.safeParse(push.type, REPORTED);
  if (!type.success) return rejected('name', type.error);
  const message = pushedEvent.safeParse(parseJson(json) ?? null, REPORTED);
  if (!message.success) return rejected('data', message.error);
  const { data, occurredAt, idempotencyKey: key, tenantId: tenant, metadata, orderingKey } = message.data;
  return toEvent(push, {
    type: type.data,
    data,
    dataText: dataTextOf(json),
    occurredAt,
    key,
    tenant,
    metadata,
    orderingKey,
  });
}

function parseEntry(push: AnyPush, fields: Record<string, string>): ParsedPush {
  const entry = streamEntry.safeParse({ type: push.type, ...fields }, REPORTED);
  if (!entry.success) return rejected('', entry.error);
  const data = eventData.safeParse(parseJson(entry.data.data), REPORTED);
  if (!data.success) return rejected('data', data.error);
  const metadata = eventMetadata.optional().safeParse(parseMetadata(entry.data.metadata), REPORTED);
  if (!metadata.success) return rejected('metadata', metadata.error);
  const dataText = entry.data.data.trim();
  return toEvent(push, { ...entry.data, data: data.data, dataText, metadata: metadata.data });
}

/** A text that is not JSON is null, which is invalid. */
const parseMetadata = (json: string | undefined): unknown =>
  json === undefined ? undefined : (parseJson(json) ?? null);

interface PushFields {
  type: string;
  data: Record<string, unknown>;
  dataText: string;
  occurredAt?: Date | null | undefined;
  key?: string | null | undefined;
  tenant?: string | null | undefined;
  metadata?: Record<string, string> | null | undefined;
  orderingKey?: string | null | undefined;
}

function toEvent(push: AnyPush, fields: PushFields): ParsedPush {
  const tenantId = tenantUuid(fields.tenant ?? 'default');
  if (tenantId === null) return { ok: false, code: 'unknown_tenant', message: 'Tenant not found' };
  if (Number.isNaN(push.pushedAt.getTime()) || push.pushedAt.getTime() < 0) {
    return { ok: false, code: 'invalid_input', message: 'The timestamp of the job is invalid' };
  }
  return {
    ok: true,
    event: {
      tenantId,
      type: fields.type,
      data: fields.data,
      dataText: fields.dataText,
      occurredAt: fields.occurredAt ?? null,
      idempotencyKey: push.source === 'outbox' ? push.id : (fields.key ?? null),
      attributes: eventAttributes({ ...fields, idempotencyKey: fields.key }),
      pushed: { id: push.id, at: push.pushedAt, ...(push.source === 'outbox' && { keepsDay: true }) },
    },
  };
}

/** Returns the tenant of a malformed push, or null if it is invalid too, or cut off. */
function tenantOf({ source, payload, rejection }: AnyPush): string | null {
  const fields = source === 'queue' ? parseJson(payload) : payload;
  if (!isJsonObject(fields)) return rejection ? null : DEFAULT_TENANT_ID;
  const reference = (source === 'queue' ? fields['tenantId'] : fields['tenant']) ?? 'default';
  return typeof reference === 'string' ? tenantUuid(reference) : null;
}

function tenantUuid(reference: string): string | null {
  if (reference === 'default') return DEFAULT_TENANT_ID;
  const id = decodeId('tenant', reference);
  // Nobody publishes events of the system scope.
  return id === SYSTEM_TENANT_ID ? null : id;
}

/** Returns undefined when `text` is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rejected(root: string, error: z.ZodError): ParsedPush {
  const message = fieldErrors(error)
    .map((each) => `${[root, each.path].filter((part) => part !== '').join('.')}: ${each.message}`)
    .join('; ');
  return { ok: false, code: 'invalid_input', message };
}

function toRejection(
  push: AnyPush,
  { code, message }: { code: string; message: string },
  tenantId: string | null,
): Rejection {
  // The data of a push that is not read may be of any tenant, whose erasures and purge would not find it.
  const isOwnerUnread = push.rejection !== undefined && tenantId === null;
  return {
    tenantId,
    source: push.source,
    code,
    message: isOwnerUnread
      ? `${message} Its data is not stored, because its tenant is unknown.`
      : message.slice(0, 2000).replaceAll('\0', '\\0'),
    payload: payloadText(isOwnerUnread ? { type: push.type, payload: null } : push),
  };
}

/** Maximum number of characters stored of a rejected push. */
const MAX_PAYLOAD_CHARS = 64 * 1024;

/** Returns the push as JSON text, which contains only characters that PostgreSQL can store. */
function payloadText({ type, payload }: { type: unknown; payload: AnyPush['payload'] | null }): string {
  const isJson = typeof payload === 'string' && parseJson(payload) !== undefined;
  const text = isJson ? payload : JSON.stringify(payload);
  return `{"type":${JSON.stringify(type ?? null)},"payload":${text}}`.slice(0, MAX_PAYLOAD_CHARS);
}
