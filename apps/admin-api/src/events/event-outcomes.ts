import type { EventOutcome } from '@posthorn/contract';
import { countEventDeliveries } from '@posthorn/database/deliveries/prisma';
import type { PayloadKeys } from '@posthorn/database/encryption';
import { readSearchValues } from '@posthorn/database/events';
import type { PrismaTransaction } from '@posthorn/database/prisma-client';
import { type Caller, hasScope } from '../access/authenticate.js';
import { seesPayloads } from '../access/redactions.js';
import { seesShadow } from '../webhooks/shadow.js';

/** Returns a function that returns the outcome of each of the events, as the caller may see it. */
export async function eventOutcomes(
  eventIds: readonly string[],
  caller: Caller,
  { history, payloadKeys }: { history: PrismaTransaction; payloadKeys: PayloadKeys },
): Promise<(eventId: string) => EventOutcome> {
  const [counts, values] = await Promise.all([
    hasScope(caller, 'deliveries:read')
      ? countEventDeliveries(history, eventIds, { hidesShadow: !seesShadow(caller) })
      : null,
    readSearchValues(history, eventIds, { redacts: !seesPayloads(caller), payloadKeys }),
  ]);
  return (eventId) => {
    const deliveries = counts?.get(eventId);
    const searchValues = values.get(eventId) ?? [];
    return {
      ...(deliveries && { deliveries }),
      searchValues: searchValues.map(({ pointer, value }) => ({ key: pointer, value })),
    };
  };
}
