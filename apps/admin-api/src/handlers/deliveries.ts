import { MAX_ATTEMPTS, PosthornError } from '@posthorn/core';
import {
  type DeliveryRecord,
  findDelivery,
  listAttempts as readAttempts,
  listDeliveries as readDeliveries,
  retryDelivery as makePending,
} from '@posthorn/database/prisma';
import { deliveryPage, deliveryResponse } from '../delivery-responses.js';
import type { ApiDeps } from '../deps.js';
import { type Caller, hasScope } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { serializeAttempt } from '../serializers/delivery.js';
import { serializePage } from '../serializers/page.js';
import { tenantOfListQuery } from '../tenancy.js';
import { invalidState } from './lifecycle.js';

export const listDeliveries: Handler<'listDeliveries'> = async ({ caller, query }, deps) => {
  const tenantId = await tenantOfListQuery(deps.prisma, caller, query);
  const page = await readDeliveries(deps.history, { ...query, tenantId }, query);
  return { status: 200, body: await deliveryPage(page, deps) };
};

export const getDelivery: Handler<'getDelivery'> = async ({ caller, params }, deps) => ({
  status: 200,
  body: await deliveryResponse(await requireDelivery(params.id, caller, deps), deps),
});

export const listAttempts: Handler<'listAttempts'> = async ({ caller, params, query }, deps) => {
  const delivery = await requireDelivery(params.id, caller, deps);
  const page = await readAttempts(deps.history, delivery.id, query);
  const view = { seesDetails: hasScope(caller, 'webhooks:read') };
  return { status: 200, body: serializePage(page, (attempt) => serializeAttempt(attempt, view)) };
};

export const retryDelivery: Handler<'retryDelivery'> = async ({ caller, actor, params }, deps) => {
  const delivery = await requireDelivery(params.id, caller, deps);
  const obstacle = await deps.change({ caller, resource: delivery.id }, (prisma) =>
    makePending(prisma, delivery, actor),
  );
  if (obstacle === 'pending') {
    throw new PosthornError('invalid_state', {
      detail: 'Not allowed while the delivery is pending',
      extra: { deliveryStatus: 'pending' },
    });
  }
  if (obstacle === 'payload_expired') {
    throw new PosthornError('invalid_state', {
      detail: "The event's payload has expired and cannot be resent",
      extra: { deliveryStatus: delivery.status, payload: 'expired' },
    });
  }
  if (obstacle === 'too_many_attempts') {
    throw new PosthornError('invalid_state', {
      detail: `The delivery has had ${MAX_ATTEMPTS} attempts, the maximum. Publish the event again`,
      extra: { deliveryStatus: delivery.status, maxAttempts: MAX_ATTEMPTS },
    });
  }
  if (obstacle !== null) throw invalidState(obstacle);

  await deps.deliveries.requeue({ deliveryId: delivery.id, lane: 'retry' }).catch((error: unknown) => {
    deps.logger.warn('failed to enqueue a job; the reconciler will retry', { error });
  });
  return { status: 202, body: await deliveryResponse(await requireDelivery(params.id, caller, deps), deps) };
};

async function requireDelivery(id: string, { tenantId }: Caller, deps: ApiDeps): Promise<DeliveryRecord> {
  const delivery = await findDelivery(deps.prisma, { id, tenantId });
  if (!delivery) throw new PosthornError('not_found', { detail: 'Delivery not found' });
  return delivery;
}
