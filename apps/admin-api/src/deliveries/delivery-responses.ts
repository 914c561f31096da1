import type { DeliveryResponse } from '@posthorn/contract';
import type { DeliveryRecord } from '@posthorn/database/deliveries/prisma';
import type { Page } from '@posthorn/database/prisma-client';
import { type HoldReason, readHoldReasons } from '@posthorn/flow';
import { hidesOrderingKeys } from '../access/redactions.js';
import type { Caller } from '../access/authenticate.js';
import type { DeliveryDeps } from './deps.js';
import { serializeDelivery } from './delivery.js';
import { serializePage } from '../http/page.js';

type ResponseDeps = Pick<DeliveryDeps, 'pool' | 'slots' | 'prisma'>;

/** Returns a page of deliveries with the reasons why they are held, as the caller may see them. */
export async function deliveryPage(page: Page<DeliveryRecord>, caller: Caller, deps: ResponseDeps) {
  const serialize = await deliverySerializer(page.items, caller, deps);
  return serializePage(page, serialize);
}

/** As `deliveryPage`, for one delivery. */
export async function deliveryResponse(
  delivery: DeliveryRecord,
  caller: Caller,
  deps: ResponseDeps,
): Promise<DeliveryResponse> {
  const serialize = await deliverySerializer([delivery], caller, deps);
  return serialize(delivery);
}

async function deliverySerializer(
  deliveries: readonly DeliveryRecord[],
  caller: Caller,
  deps: ResponseDeps,
): Promise<(delivery: DeliveryRecord) => DeliveryResponse> {
  const [reasons, hidesKey] = await Promise.all([
    heldReasons(deliveries, deps),
    hidesOrderingKeys(caller, deps.prisma),
  ]);
  return (delivery) => serializeDelivery(delivery, { heldReason: reasons(delivery), hidesKey });
}

async function heldReasons(
  deliveries: readonly DeliveryRecord[],
  { pool, slots }: Pick<ResponseDeps, 'pool' | 'slots'>,
) {
  const webhookIds = new Set(deliveries.filter(({ held }) => held).map(({ webhookId }) => webhookId));
  // The history is readable without Redis, too.
  const reasons = await readHoldReasons({ pool, store: slots }, [...webhookIds]).catch(
    () => new Map<string, HoldReason>(),
  );
  return ({ held, webhookId }: DeliveryRecord) => (held ? (reasons.get(webhookId) ?? null) : null);
}
