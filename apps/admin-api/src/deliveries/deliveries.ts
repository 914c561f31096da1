import type { RetryResultsResponse } from '@posthorn/contract';
import { type Actor, encodeId, MAX_ATTEMPTS, PosthornError, reason, shownReason } from '@posthorn/core';
import {
  type DeliveryRecord,
  listAttempts as readAttempts,
  listDeliveries as readDeliveries,
  retryDelivery as makePending,
  type RetryRejection,
} from '@posthorn/database/deliveries/prisma';
import type { DeliveryDeps } from './deps.js';
import { deliveryPage, deliveryResponse } from './delivery-responses.js';
import { type Caller, hasScope } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { requireDelivery } from './require-delivery.js';
import { serializeAttempt } from './delivery.js';
import { serializePage } from '../http/page.js';
import { tenantStopped } from '../access/active-tenant.js';
import { tenantOfListQuery } from '../access/tenancy.js';
import { seesShadow } from '../webhooks/shadow.js';
import { getsNoRequests, invalidState } from '../webhooks/webhook-errors.js';

export const listDeliveries: Handler<'listDeliveries', DeliveryDeps> = async ({ caller, query }, deps) => {
  const tenantId = await tenantOfListQuery(deps.prisma, caller, query);
  const page = await readDeliveries(
    deps.history,
    { ...query, tenantId, hidesShadow: !seesShadow(caller) },
    query,
  );
  return { status: 200, body: await deliveryPage(page, caller, deps) };
};

export const getDelivery: Handler<'getDelivery', DeliveryDeps> = async ({ caller, params }, deps) => ({
  status: 200,
  body: await deliveryResponse(await requireDelivery(params.id, caller, deps), caller, deps),
});

export const listAttempts: Handler<'listAttempts', DeliveryDeps> = async (
  { caller, params, query },
  deps,
) => {
  const delivery = await requireDelivery(params.id, caller, deps);
  const page = await readAttempts(deps.history, delivery.id, { ...query, payloadKeys: deps.payloadKeys });
  const view = { seesDetails: hasScope(caller, 'webhooks:read') };
  return { status: 200, body: serializePage(page, (attempt) => serializeAttempt(attempt, view)) };
};

export const retryDelivery: Handler<'retryDelivery', DeliveryDeps> = async (
  { caller, actor, params },
  deps,
) => {
  const delivery = await requireDelivery(params.id, caller, deps);
  const retried = await retry(delivery, { caller, actor }, deps);
  const current = retried ?? (await requireDelivery(params.id, caller, deps));
  return { status: 202, body: await deliveryResponse(current, caller, deps) };
};

export const retryDeliveries: Handler<'retryDeliveries', DeliveryDeps> = async (
  { caller, actor, body },
  deps,
) => {
  const results: RetryResult[] = [];
  for (const deliveryId of body.ids) {
    const id = encodeId('delivery', deliveryId);
    try {
      const delivery = await requireDelivery(deliveryId, caller, deps);
      const retried = await retry(delivery, { caller, actor }, deps);
      results.push({ id, result: retried ? 'retried' : 'due', code: null, message: null, reason: null });
    } catch (error) {
      if (!(error instanceof PosthornError)) throw error;
      const { code, message, reason: because } = error;
      results.push({ id, result: 'rejected', code, message, reason: because ? shownReason(because) : null });
    }
  }
  return { status: 202, body: { results } };
};

type RetryResult = RetryResultsResponse['results'][number];

/** Makes a delivery due now, and enqueues it. Returns null if it was due already. @throws PosthornError if it cannot be sent */
async function retry(
  delivery: DeliveryRecord,
  { caller, actor }: { caller: Caller; actor: Actor },
  deps: Pick<DeliveryDeps, 'change' | 'deliveries' | 'logger'>,
): Promise<DeliveryRecord | null> {
  const result = await deps.change({ caller, resource: delivery.id }, (prisma) =>
    makePending(prisma, delivery, actor),
  );
  if (result === 'due') return null;
  if (typeof result === 'string') throw retryError(result, delivery);
  await deps.deliveries.requeue({ deliveryId: delivery.id, lane: 'retry' }).catch((error: unknown) => {
    deps.logger.warn('failed to enqueue a job; the reconciler will retry', { error });
  });
  return result;
}

function retryError(rejection: Exclude<RetryRejection, 'due'>, delivery: DeliveryRecord): PosthornError {
  const { status } = delivery;
  switch (rejection) {
    case 'payload_expired':
      return new PosthornError('payload_expired', {
        reason: reason('payload_expired'),
        extra: { deliveryStatus: status, payload: 'expired' },
      });
    case 'erased':
      return new PosthornError('invalid_state', {
        reason: reason('event_erased'),
        extra: { deliveryStatus: status, payload: 'erased' },
      });
    case 'too_many_attempts':
      return new PosthornError('invalid_state', {
        reason: reason('attempts_exhausted', { max: MAX_ATTEMPTS }),
        extra: { deliveryStatus: status, maxAttempts: MAX_ATTEMPTS },
      });
    case 'pull':
      return getsNoRequests();
    case 'waits':
      return waits(delivery);
    case 'tenant_suspended':
    case 'tenant_deleted':
      return tenantStopped(rejection);
    case 'deleted':
    case 'pending_validation':
    case 'suspended':
      return invalidState(rejection);
  }
}

/** A head that is not shown is being dropped. */
function waits({ status, waitsFor }: DeliveryRecord): PosthornError {
  if (waitsFor === null) return new PosthornError('invalid_state', { reason: reason('drops_unfinished') });
  const deliveryId = encodeId('delivery', waitsFor);
  return new PosthornError('invalid_state', {
    reason: reason('waits_for_delivery', { deliveryId }),
    extra: { deliveryStatus: status, waitsFor: deliveryId },
  });
}
