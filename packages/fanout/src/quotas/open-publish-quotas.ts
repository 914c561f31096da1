import type { EventQuotas, Part } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { readEventQuotas } from '@posthorn/database/events';
import { EventQuotaCache } from './event-quota-cache.js';
import { createEventRates, type EventRatesOptions } from './event-rates.js';
import { createPublishQuotas, type PublishQuotas } from './publish-quotas.js';

interface PublishQuotasOptions extends EventRatesOptions {
  pool: Pool;
  /** The quotas of tenants without their own. */
  defaults: EventQuotas;
}

/** Opens the quotas for events. @throws Error with a one-line message when Redis cannot be reached */
export async function openPublishQuotas({
  pool,
  defaults,
  ...options
}: PublishQuotasOptions): Promise<PublishQuotas & Part> {
  const rates = await createEventRates(options);
  const cache = new EventQuotaCache({ read: (tenantIds) => readEventQuotas(pool, tenantIds), defaults });
  return { ...createPublishQuotas({ cache, rates }), stop: () => rates.stop() };
}
