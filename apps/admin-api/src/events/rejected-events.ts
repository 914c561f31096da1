import { encodeId, PosthornError } from '@posthorn/core';
import {
  findRejectedEvent,
  listRejectedEvents as readRejectedEvents,
  type RejectedEvent,
} from '@posthorn/database/prisma';
import type { Handler } from '../http/handler.js';
import { serializePage } from '../http/page.js';
import { listedTenant } from '../tenants/tenancy.js';

export const listRejectedEvents: Handler<'listRejectedEvents'> = async (
  { caller, query },
  { prisma, history },
) => {
  const tenantId = await listedTenant(prisma, caller, query.tenantId);
  const withoutTenant = caller.tenantId === null && query.tenantId === undefined;
  const page = await readRejectedEvents(history, { ...query, tenantId, withoutTenant }, query);
  return { status: 200, body: serializePage(page, serializeRejectedEvent) };
};

export const getRejectedEvent: Handler<'getRejectedEvent'> = async ({ caller, params }, { history }) => {
  const event = await findRejectedEvent(history, { id: params.id, tenantId: caller.tenantId });
  if (!event) throw new PosthornError('not_found', { detail: 'Rejected event not found' });
  return { status: 200, body: serializeRejectedEvent(event) };
};

function serializeRejectedEvent({ id, tenantId, source, code, message, payload, createdAt }: RejectedEvent) {
  return {
    id: encodeId('rejectedEvent', id),
    tenantId: tenantId === null ? null : encodeId('tenant', tenantId),
    source,
    code,
    message,
    payload,
    createdAt: createdAt.toISOString(),
  };
}
