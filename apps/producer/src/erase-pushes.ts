import { cooperativeYield, type CooperativeYield, hasValueAt, scalarDigests } from '@posthorn/core';
import { kindOfErasure, type RunningErasure } from '@posthorn/database';
import type { IsErasedPush, Push } from '@posthorn/queue';
import { payloadText } from './any-push.js';
import { parsePush } from './parse-push.js';
import { ownerOf } from './push-owner.js';

/** What the pushes of an erasure are known by. */
export type Criteria = Pick<
  RunningErasure,
  'tenantId' | 'externalId' | 'eventId' | 'pointer' | 'digest' | 'coversUntil' | 'isRepeat'
>;

/**
 * Returns the condition of the pushes of an erasure: those of the tenant, or of the person. A repeated erasure of a person covers only
 * what the first one did.
 */
export function isErasedBy(erasure: Criteria): IsErasedPush {
  const yielder = cooperativeYield();
  return async ({ push, addedAt }) => {
    if (!isOfTenant(push, erasure)) return false;
    if (kindOfErasure(erasure) === 'tenant') return true;
    return (!erasure.isRepeat || addedAt <= erasure.coversUntil) && hasValue(push, erasure, yielder);
  };
}

function isOfTenant(push: Push, { tenantId, externalId }: Criteria): boolean {
  const owner = ownerOf(push);
  return owner.tenantId === tenantId || (owner.externalId !== null && owner.externalId === externalId);
}

/** A push that will be rejected is treated as a rejected event. */
async function hasValue(
  push: Push,
  { pointer, digest }: Criteria,
  yielder: CooperativeYield,
): Promise<boolean> {
  const sought = { pointer: pointer ?? '', digest: digest ?? '' };
  const parsed = parsePush(push);
  if (parsed.ok) return hasValueAt(parsed.event.dataText ?? '', sought, yielder);
  const { digests, isCut } = await scalarDigests(payloadText(push), yielder);
  return isCut || digests.has(sought.digest);
}
