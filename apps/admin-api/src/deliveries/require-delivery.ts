import { PosthornError } from '@posthorn/core';
import { type DeliveryRecord, findDelivery } from '@posthorn/database/deliveries/prisma';
import type { Caller } from '../access/authenticate.js';
import type { DeliveryDeps } from './deps.js';

/** Returns a delivery. @throws PosthornError if it does not exist or the caller may not see it */
export async function requireDelivery(
  id: string,
  { tenantId }: Caller,
  deps: Pick<DeliveryDeps, 'prisma'>,
): Promise<DeliveryRecord> {
  const delivery = await findDelivery(deps.prisma, { id, tenantId });
  if (!delivery) throw new PosthornError('not_found', { detail: 'Delivery not found' });
  return delivery;
}
