import { MAX_TENANT_FILTER_COST, PosthornError, fieldError } from '@posthorn/core';
import type { PrismaTransaction } from '../prisma-client/client.js';
import type { WebhookSettings } from './webhook-record.js';

/** A webhook with the filter that it is about to have. */
type FilteredWebhook = Pick<WebhookSettings, 'filter' | 'filterCost'> & { id: string; tenantId: string };

/**
 * Verifies that the filters of a tenant stay affordable, and makes other changes of its filters wait for the end of the
 * transaction. Equal filters are evaluated once, so they count once.
 *
 * @throws PosthornError `invalid_input` if the filter is too expensive for the tenant
 */
export async function reserveFilterCost(
  transaction: PrismaTransaction,
  { id, tenantId, filter, filterCost: cost }: FilteredWebhook,
): Promise<void> {
  if (filter === null || cost === 0) return;
  // Not the row of the tenant: other transactions lock it before its webhooks, of which one is locked here.
  await transaction.$queryRaw`
    SELECT 1 AS locked WHERE pg_advisory_xact_lock(hashtextextended(${`filters of ${tenantId}`}, 0)) IS NOT NULL`;
  const [used] = await transaction.$queryRaw<{ cost: number }[]>`
    SELECT coalesce(sum(filter_cost), 0)::int AS cost
    FROM (
      SELECT DISTINCT filter, filter_cost FROM webhook
      WHERE tenant_id = ${tenantId}::uuid AND filter IS NOT NULL AND status <> 'deleted' AND filter_cost > 0
        AND id <> ${id}::uuid AND filter <> ${JSON.stringify(filter)}::jsonb
    ) AS others`;
  const usedCost = used?.cost ?? 0;
  if (usedCost + cost <= MAX_TENANT_FILTER_COST) return;
  const costs = { cost, used: usedCost, limit: MAX_TENANT_FILTER_COST };
  throw new PosthornError('invalid_input', {
    errors: [fieldError('filter', 'filters_too_expensive', costs)],
  });
}
