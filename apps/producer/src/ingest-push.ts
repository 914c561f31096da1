import { eventData, isJsonObject, publishedType, pushedEvent, streamEntry } from '@posthorn/contract';
import { decodeId, DEFAULT_TENANT_ID, type TraceContext } from '@posthorn/core';
import type { Rejection } from '@posthorn/database';
import type { AcceptResult, IncomingEvent } from '@posthorn/fanout';
import type { Push } from '@posthorn/queue';
import type { CountEvent } from '@posthorn/runtime';
import type { z } from 'zod';

/** What a push says, or why it says nothing that can be taken. */
export type ReadPush = { ok: true; event: IncomingEvent } | { ok: false; code: string; message: string };

export interface IngestPushDeps {
  accept: (event: IncomingEvent) => Promise<AcceptResult>;
  /** Keeps a push that cannot be taken. */
  reject: (rejection: Rejection) => Promise<void>;
  count: CountEvent;
}

/** Takes one push: accepted, or kept with the reason. Resolves once either is durable. */
export type IngestPush = (push: Push, trace: TraceContext | null) => Promise<AcceptResult['status']>;

export function createIngestPush({ accept, reject, count }: IngestPushDeps): IngestPush {
  return async (push, trace) => {
    const read = readPush(push);
    if (!read.ok) {
      await reject(toRejection(push, read, tenantOf(push)));
      count(push.source, 'rejected');
      return 'rejected';
    }
    read.event.trace = trace;
    const accepted = await accept(read.event);
    count(push.source, accepted.status);
    if (accepted.status !== 'rejected') return accepted.status;
    const tenantId = accepted.code === 'unknown_tenant' ? null : read.event.tenantId;
    await reject(toRejection(push, accepted, tenantId));
    return 'rejected';
  };
}

/** Parses a push with the schema of its door. */
export function readPush(push: Push): ReadPush {
  return push.source === 'queue' ? readJob(push) : readEntry(push, push.payload);
}

function readJob(push: Push): ReadPush {
  const type = publishedType.safeParse(push.type);
  if (!type.success) return refused('name', type.error);
  const message = pushedEvent.safeParse(push.payload);
  if (!message.success) return refused('data', message.error);
  const { data, occurredAt, idempotencyKey, tenantId } = message.data;
  return toEvent(push, { type: type.data, data, occurredAt, key: idempotencyKey, tenant: tenantId });
}

function readEntry(push: Push, fields: Record<string, string>): ReadPush {
  const entry = streamEntry.safeParse({ type: push.type, ...fields });
  if (!entry.success) return refused('', entry.error);
  const data = eventData.safeParse(parseJson(entry.data.data));
  if (!data.success) return refused('data', data.error);
  return toEvent(push, { ...entry.data, data: data.data });
}

interface Parsed {
  type: string;
  data: Record<string, unknown>;
  occurredAt?: Date | null | undefined;
  key?: string | null | undefined;
  tenant?: string | null | undefined;
}

function toEvent(push: Push, parsed: Parsed): ReadPush {
  const tenantId = tenantUuid(parsed.tenant ?? 'default');
  if (tenantId === null) return { ok: false, code: 'unknown_tenant', message: 'there is no such tenant' };
  if (Number.isNaN(push.pushedAt.getTime()) || push.pushedAt.getTime() < 0) {
    return { ok: false, code: 'invalid_input', message: 'the timestamp of the job is not a time' };
  }
  return {
    ok: true,
    event: {
      tenantId,
      type: parsed.type,
      data: parsed.data,
      occurredAt: parsed.occurredAt ?? null,
      idempotencyKey: parsed.key ?? null,
      pushed: { id: push.id, at: push.pushedAt },
    },
  };
}

/** The tenant that a malformed push names, if only that can be read. */
function tenantOf({ source, payload }: Push): string | null {
  if (!isJsonObject(payload)) return DEFAULT_TENANT_ID;
  const reference = (source === 'queue' ? payload['tenantId'] : payload['tenant']) ?? 'default';
  return typeof reference === 'string' ? tenantUuid(reference) : null;
}

function tenantUuid(reference: string): string | null {
  return reference === 'default' ? DEFAULT_TENANT_ID : decodeId('tenant', reference);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refused(root: string, error: z.ZodError): ReadPush {
  const message = error.issues
    .map((issue) => `${[root, ...issue.path].filter((part) => part !== '').join('.')}: ${issue.message}`)
    .join('; ');
  return { ok: false, code: 'invalid_input', message };
}

function toRejection(
  push: Push,
  { code, message }: { code: string; message: string },
  tenantId: string | null,
): Rejection {
  return {
    tenantId,
    source: push.source,
    code,
    message: message.slice(0, 2000).replaceAll('\0', '\\0'),
    payload: payloadText(push),
  };
}

/** Most characters of a refused push that are kept. */
const MAX_KEPT = 64 * 1024;

/** As JSON text, so that it holds no character that PostgreSQL cannot store. */
function payloadText({ type, payload }: Push): string {
  try {
    return JSON.stringify({ type, payload }).slice(0, MAX_KEPT);
  } catch {
    return JSON.stringify({ type, payload: '(nested too deep to be written out)' });
  }
}
