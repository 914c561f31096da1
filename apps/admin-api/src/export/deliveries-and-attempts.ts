import type { ExportPosition } from '@posthorn/contract';
import { type Attempt, listAttemptsOfDeliveries, listDeliveries } from '@posthorn/database/deliveries/prisma';
import { serializeAttempt } from '../deliveries/delivery.js';
import { deliveryPage } from '../deliveries/delivery-responses.js';
import { type ExportedRecord, type ExportedTenant, recordOf } from './section.js';

const PAGE_SIZE = 100;

/** Yields deliveries, newest first, each followed by its attempts, oldest first. */
export async function* deliveriesAndAttempts(
  exported: ExportedTenant,
  after: ExportPosition | undefined,
): AsyncGenerator<ExportedRecord, void, void> {
  const { tenant, reader, deps, read } = exported;
  const [lastDelivery, lastAttempt] = after?.key.split('/') ?? [];
  if (lastDelivery !== undefined)
    for await (const attempt of attemptsOf(exported, [lastDelivery], lastAttempt))
      yield attemptRecord(attempt);
  let cursor = lastDelivery;
  do {
    const request = { limit: PAGE_SIZE, cursor };
    const { items, next, records } = await read(async () => {
      const page = await listDeliveries(deps.history, { tenantId: tenant.id, hidesShadow: true }, request);
      return { ...page, records: (await deliveryPage(page, reader, deps)).data };
    });
    const attempted = items.filter(({ attemptCount }) => attemptCount > 0).map(({ id }) => id);
    const attempts = attemptsOf(exported, attempted);
    let attempt = await attempts.next();
    for (const [index, { id }] of items.entries()) {
      yield recordOf('delivery', id, records[index] ?? {});
      for (; !attempt.done && attempt.value.deliveryId === id; attempt = await attempts.next())
        yield attemptRecord(attempt.value);
    }
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

/** Yields the attempts of deliveries, in the order of the deliveries. The cursor is not signed, so the first can be one of another tenant. @param afterId the attempt of the first delivery to begin after */
async function* attemptsOf(
  { tenant, deps, read }: ExportedTenant,
  deliveryIds: readonly string[],
  afterId?: string,
): AsyncGenerator<Attempt, void, void> {
  const [first] = deliveryIds;
  let after = first !== undefined && afterId !== undefined ? { deliveryId: first, id: afterId } : undefined;
  for (let isLast = false; !isLast;) {
    const attempts = await read(() =>
      listAttemptsOfDeliveries(deps.history, {
        tenantId: tenant.id,
        deliveryIds,
        after,
        limit: PAGE_SIZE,
        payloadKeys: deps.payloadKeys,
      }),
    );
    yield* attempts;
    after = attempts.at(-1);
    isLast = attempts.length < PAGE_SIZE;
  }
}

const attemptRecord = (attempt: Attempt): ExportedRecord =>
  recordOf(
    'attempt',
    `${attempt.deliveryId}/${attempt.id}`,
    serializeAttempt(attempt, { seesDetails: true }),
  );
