import { encodeId } from '@posthorn/core';
import { listRejectedEvents as readRejectedEvents, type RejectedEvent } from '@posthorn/database/definitions';
import type { Handler } from '../http/handler.js';
import { serializePage } from '../serializers/page.js';
import { requireTenant } from '../tenancy.js';

export const listRejectedEvents: Handler<'listRejectedEvents'> = async (
  { caller, query },
  { definitions, history },
) => {
  const tenantId = await requireTenant(definitions, caller, query.tenantId);
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
