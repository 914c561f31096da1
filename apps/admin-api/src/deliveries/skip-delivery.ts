import { PosthornError, reason } from '@posthorn/core';
import { type Chain, findNextHeads } from '@posthorn/database/deliveries';
import {
  type DeliveryRecord,
  skipDelivery as dropSkipped,
  type SkipRejection,
} from '@posthorn/database/deliveries/prisma';
import { nextJobOf } from '@posthorn/flow';
import type { DeliveryDeps } from './deps.js';
import { deliveryResponse } from './delivery-responses.js';
import type { Handler } from '../calls/handler.js';
import { requireDelivery } from './require-delivery.js';
import { tenantStopped } from '../access/active-tenant.js';
import { invalidState } from '../webhooks/webhook-errors.js';

export const skipDelivery: Handler<'skipDelivery', DeliveryDeps> = async (
  { caller, actor, params },
  deps,
) => {
  const delivery = await requireDelivery(params.id, caller, deps);
  const result = await deps.change({ caller, resource: delivery.id }, (prisma) =>
    dropSkipped(prisma, delivery, actor),
  );
  if (typeof result === 'string') throw skipError(result, delivery);
  if (result.delivery.status === 'dropped') deps.countDropped('skipped', 1);
  await enqueueNextHead(result.chain, deps);
  return { status: 200, body: await deliveryResponse({ ...result.delivery, waitsFor: null }, caller, deps) };
};

/** Adds the job of the delivery that waited for a skipped one. */
async function enqueueNextHead(
  chain: Chain,
  { pool, deliveries, logger }: Pick<DeliveryDeps, 'pool' | 'deliveries' | 'logger'>,
): Promise<void> {
  try {
    const heads = await findNextHeads(pool, [chain]);
    await deliveries.enqueue(heads.map((head) => nextJobOf(head)));
  } catch (error) {
    logger.warn('failed to enqueue a job; the reconciler will retry', { error });
  }
}

function skipError(rejection: SkipRejection, { status }: DeliveryRecord): PosthornError {
  switch (rejection) {
    case 'settled':
      return new PosthornError('invalid_state', { reason: reason('delivery_settled') });
    case 'not_ordered':
      return new PosthornError('invalid_state', {
        reason: reason('delivery_not_ordered'),
        extra: { deliveryStatus: status },
      });
    case 'tenant_suspended':
    case 'tenant_deleted':
      return tenantStopped(rejection);
    case 'deleted':
    case 'pending_validation':
    case 'suspended':
      return invalidState(rejection);
  }
}
