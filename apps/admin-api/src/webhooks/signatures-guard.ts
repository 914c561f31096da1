import { isDeepStrictEqual } from 'node:util';
import { type DeliveryFormat, PosthornError } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { allowsFeature, type Caller } from '../access/authenticate.js';
import { effectiveFormat } from '../requests/signed-request.js';
import type { WebhookDeps } from './deps.js';

/**
 * Returns a check that a change of the delivery format keeps the signatures, for a portal link without the feature `secrets`: by custom
 * signatures it could have anything signed.
 *
 * @param deliveryFormat the new format; undefined if it does not change
 */
export async function signaturesGuard(
  caller: Caller,
  deliveryFormat: DeliveryFormat | null | undefined,
  { prisma }: Pick<WebhookDeps, 'prisma'>,
): Promise<(current: Pick<WebhookRecord, 'deliveryFormat'>) => void> {
  const { tenantId } = caller;
  if (deliveryFormat === undefined || tenantId === null || allowsFeature(caller, 'secrets')) return () => {};
  const inherited = await effectiveFormat({ tenantId, deliveryFormat: null }, prisma);
  return (current) => {
    const before = signaturesOf(current.deliveryFormat ?? inherited);
    if (isDeepStrictEqual(before, signaturesOf(deliveryFormat ?? inherited))) return;
    throw new PosthornError('forbidden', {
      detail: 'This portal link does not allow the feature secrets, so it cannot change signatures',
    });
  };
}

const signaturesOf = (format: DeliveryFormat | null) => format?.signatures ?? ['standard-webhooks'];
