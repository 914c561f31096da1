import { cooperativeYield, type CooperativeYield, hasValueAt, scalarDigests } from '@posthorn/core';
import { kindOfErasure, PUSH_COVERAGE_MS, type RunningErasure } from '@posthorn/database/erasures';
import type { ErasuresOfPush, Push, StoredPush } from '@posthorn/queue';
import { payloadText } from '../pushes/any-push.js';
import { parsePush } from '../pushes/parse-push.js';
import { ownerOf, type PushOwner } from '../pushes/push-owner.js';

/** What an erasure covers. */
export type PushErasure = Pick<
  RunningErasure,
  'id' | 'tenantId' | 'externalId' | 'eventId' | 'pointer' | 'digest' | 'coversUntil' | 'isRepeat'
>;

/** Returns which of the erasures remove a push: one of the tenant, or of the person. */
export function erasuresOfPush(erasures: readonly PushErasure[], now = Date.now): ErasuresOfPush {
  const yielder = cooperativeYield();
  return async ({ push, addedAt }) => {
    const owner = ownerOf(push);
    const found: string[] = [];
    for (const erasure of erasures)
      if (isOfTenant(owner, erasure) && (await covers(erasure, { push, addedAt }, { yielder, now })))
        found.push(erasure.id);
    return found;
  };
}

const isOfTenant = (owner: PushOwner, { tenantId, externalId }: PushErasure): boolean =>
  owner.tenantId === tenantId || (owner.externalId !== null && owner.externalId === externalId);

async function covers(
  erasure: PushErasure,
  { push, addedAt }: Pick<StoredPush, 'push' | 'addedAt'>,
  { yielder, now }: { yielder: CooperativeYield; now: () => number },
): Promise<boolean> {
  if (kindOfErasure(erasure) === 'tenant') return true;
  return !isLater(addedAt.getTime(), erasure, now()) && hasValue(push, erasure, yielder);
}

/**
 * Returns whether a push was added after an erasure of a person was called, which may have waited long for a producer or Redis. The time is
 * that of the publisher's clock: one in the future shows that it is wrong. A repeated erasure covers only what the first one did.
 */
function isLater(addedMs: number, { isRepeat, coversUntil }: PushErasure, nowMs: number): boolean {
  if (isRepeat) return addedMs > coversUntil.getTime();
  return addedMs > coversUntil.getTime() + PUSH_COVERAGE_MS && addedMs <= nowMs;
}

/** A push that will be rejected is treated as a rejected event. */
async function hasValue(
  push: Push,
  { pointer, digest }: PushErasure,
  yielder: CooperativeYield,
): Promise<boolean> {
  const sought = { pointer: pointer ?? '', digest: digest ?? '' };
  const parsed = parsePush(push);
  if (parsed.ok) return hasValueAt(parsed.event.dataText ?? '', sought, yielder);
  const { digests, isCut } = await scalarDigests(payloadText(push), yielder);
  return isCut || digests.has(sought.digest);
}
