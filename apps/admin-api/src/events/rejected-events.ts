import { encodeId, PosthornError, REDACTED_VALUE } from '@posthorn/core';
import {
  findRejectedEvent,
  listRejectedEvents as readRejectedEvents,
  type Redactions,
} from '@posthorn/database/events';
import type { RejectedEvent } from '@posthorn/database/events/prisma';
import { recordView, type View } from '../access/record-view.js';
import type { Handler } from '../calls/handler.js';
import { serializePage } from '../http/page.js';
import { hiddenFrom } from '../access/redactions.js';
import type { EventDeps } from './deps.js';
import { visiblePush } from './visible-payload.js';
import { listedTenant } from '../access/tenancy.js';

export const listRejectedEvents: Handler<'listRejectedEvents', EventDeps> = async (
  { caller, actor, query },
  { prisma, history, pool, payloadKeys },
) => {
  const tenantId = await listedTenant(prisma, caller, query.tenantId);
  const withoutTenant = caller.tenantId === null && query.tenantId === undefined;
  const page = await readRejectedEvents(history, { ...query, tenantId, withoutTenant, payloadKeys }, query);
  const redactions = await hiddenFrom(caller, prisma);
  if (page.items.length > 0) await recordView({ caller, actor }, viewOf(tenantId), pool);
  return { status: 200, body: serializePage(page, (event) => serializeRejectedEvent(event, redactions)) };
};

export const getRejectedEvent: Handler<'getRejectedEvent', EventDeps> = async (
  { caller, actor, params },
  { prisma, history, pool, payloadKeys },
) => {
  const event = await findRejectedEvent(history, { id: params.id, tenantId: caller.tenantId }, payloadKeys);
  if (!event) throw new PosthornError('not_found', { detail: 'Rejected event not found' });
  await recordView({ caller, actor }, viewOf(event.tenantId), pool);
  return { status: 200, body: serializeRejectedEvent(event, await hiddenFrom(caller, prisma)) };
};

/** The codes whose messages have no names and no values of the data. */
const CODES_WITHOUT_DATA: ReadonlySet<string> = new Set([
  'idempotency_key_reused',
  'payload_too_large',
  'quota_exceeded',
  'tenant_deleted',
  'tenant_suspended',
  'unknown_tenant',
]);

const viewOf = (tenantId: string | null): View => ({
  action: 'rejected_events.viewed',
  tenantId,
  target: tenantId === null ? 'none' : encodeId('tenant', tenantId),
});

/** @param redactions what is hidden from the caller, of all types */
export function serializeRejectedEvent(
  { id, tenantId, source, code, message, payload, createdAt }: RejectedEvent,
  redactions: Redactions,
) {
  const visible = visiblePush(payload, redactions);
  return {
    id: encodeId('rejectedEvent', id),
    tenantId: tenantId === null ? null : encodeId('tenant', tenantId),
    source,
    code,
    message: visible.isRedacted && !CODES_WITHOUT_DATA.has(code) ? REDACTED_VALUE : message,
    payload: visible.payload,
    createdAt: createdAt.toISOString(),
  };
}
