import { patternsMatching } from '@posthorn/core';
import type { AcceptRules, TenantPattern } from '@posthorn/database/events';
import { LRUCache } from 'lru-cache';
import type { TenantEventType } from './fan-out-estimator.js';

const MAX_TYPES = 10_000;

/**
 * Remembers which types of which tenants matched webhooks that number their deliveries at the last read. A type that is unknown costs an
 * event a second batch.
 */
export class SequencedTypes {
  readonly #types = new LRUCache<string, true>({ max: MAX_TYPES });

  has(event: TenantEventType): boolean {
    return this.#types.size > 0 && this.#types.has(keyOf(event));
  }

  learn(batch: readonly { event: TenantEventType }[], rules: Pick<AcceptRules, 'sequenced'>): void {
    const isSequenced = patternMatcher(rules.sequenced);
    for (const { event } of batch) {
      if (isSequenced(event)) this.#types.set(keyOf(event), true);
      else this.#types.delete(keyOf(event));
    }
  }
}

/** Returns a function that returns whether an event matches one of these subscriptions. */
export function patternMatcher(subscriptions: readonly TenantPattern[]): (event: TenantEventType) => boolean {
  if (subscriptions.length === 0) return () => false;
  const keys = new Set(subscriptions.map(({ tenantId, pattern }) => `${tenantId} ${pattern}`));
  return ({ tenantId, type }) => patternsMatching(type).some((pattern) => keys.has(`${tenantId} ${pattern}`));
}

const keyOf = ({ tenantId, type }: TenantEventType): string => `${tenantId} ${type}`;
