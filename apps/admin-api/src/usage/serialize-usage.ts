import type { UsageRowResponse } from '@posthorn/contract';
import { encodeId } from '@posthorn/core';
import type { UsageRow } from '@posthorn/database/usage';

export const serializeUsage = ({ tenantId, ...row }: UsageRow): UsageRowResponse => ({
  day: row.day,
  tenantId: tenantId && encodeId('tenant', tenantId),
  tenantName: row.tenantName,
  events: row.events,
  deliveries: row.deliveries,
  attempts: row.attempts,
  bytes: row.bytes,
});
