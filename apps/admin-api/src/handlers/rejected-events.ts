import { encodeId } from '@posthorn/core';
import { listRejectedEvents as readRejectedEvents, type RejectedEvent } from '@posthorn/database/prisma';
import type { Handler } from '../http/handler.js';
import { serializePage } from '../serializers/page.js';
import { listedTenant } from '../tenancy.js';

export const listRejectedEvents: Handler<'listRejectedEvents'> = async (
  { caller, query },
  { prisma, history },
) => {
  const tenantId = await listedTenant(prisma, caller, query.tenantId);
  const withoutTenant = caller.tenantId === null && query.tenantId === undefined;
  const page = await readRejectedEvents(history, { ...query, tenantId, withoutTenant }, query);
  return { status: 200, body: serializePage(page, serializeRejectedEvent) };
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
