import type { DeliveryResponse } from '@posthorn/contract';
import type { DeliveryRecord, Page } from '@posthorn/database/prisma';
import { type HoldReason, readHoldReasons } from '@posthorn/flow';
import type { ApiDeps } from '../deps.js';
import { serializeDelivery } from './delivery.js';
import { serializePage } from '../http/page.js';

type ResponseDeps = Pick<ApiDeps, 'pool' | 'slots'>;

/** Returns a page of deliveries with the reasons why they are held. */
export async function deliveryPage(page: Page<DeliveryRecord>, deps: ResponseDeps) {
  const reasons = await heldReasons(page.items, deps);
  return serializePage(page, (delivery) => serializeDelivery(delivery, reasons(delivery)));
}

/** As `deliveryPage`, for one delivery. */
export async function deliveryResponse(
  delivery: DeliveryRecord,
  deps: ResponseDeps,
): Promise<DeliveryResponse> {
  const reasons = await heldReasons([delivery], deps);
  return serializeDelivery(delivery, reasons(delivery));
}

async function heldReasons(deliveries: readonly DeliveryRecord[], { pool, slots }: ResponseDeps) {
  const webhookIds = new Set(deliveries.filter(({ held }) => held).map(({ webhookId }) => webhookId));
  // The history is readable without Redis, too.
  const reasons = await readHoldReasons({ pool, store: slots }, [...webhookIds]).catch(
    () => new Map<string, HoldReason>(),
  );
  return ({ held, webhookId }: DeliveryRecord) => (held ? (reasons.get(webhookId) ?? null) : null);
}
