import { PosthornError } from '@posthorn/core';
import type { MatchFacts } from '@posthorn/database/deliveries/prisma';
import type { Caller } from '../access/authenticate.js';

/** Returns whether a caller sees that a webhook is a shadow. It is a matter of the operator: tenants and their portals do not. */
export const seesShadow = ({ tenantId }: Pick<Caller, 'tenantId'>): boolean => tenantId === null;

/** @throws PosthornError if the caller may not set whether a webhook is a shadow */
export function assertMaySetShadow(caller: Pick<Caller, 'tenantId'>, shadow: boolean | undefined): void {
  if (shadow === undefined || seesShadow(caller)) return;
  throw new PosthornError('forbidden', { detail: 'Only a key for all tenants may set `shadow`' });
}

/** Returns the facts about a webhook without its delivery, if that was not sent because the webhook is a shadow. */
export const withoutShadow = (facts: MatchFacts): MatchFacts =>
  facts.delivery?.reason === 'shadow' ? { ...facts, delivery: null } : facts;
