import {
  eventData,
  eventMetadata,
  fieldErrors,
  publishedType,
  pushedEvent,
  REPORTED,
  streamEntry,
} from '@posthorn/contract';
import { dataTextOf, eventAttributes } from '@posthorn/core';
import type { IncomingEvent } from '@posthorn/fanout';
import type { Push } from '@posthorn/queue';
import type { z } from 'zod';
import { type AnyPush, parseJson } from './any-push.js';
import { tenantUuid } from './push-owner.js';

/** A parsed push, or the reason for its rejection. */
type ParsedPush = { ok: true; event: IncomingEvent } | { ok: false; code: string; message: string };

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

function rejected(root: string, error: z.ZodError): ParsedPush {
  const message = fieldErrors(error)
    .map((each) => `${[root, each.path].filter((part) => part !== '').join('.')}: ${each.message}`)
    .join('; ');
  return { ok: false, code: 'invalid_input', message };
}
