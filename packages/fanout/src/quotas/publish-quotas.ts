import { groupBy, PosthornError } from '@posthorn/core';
import type { IncomingEvent } from '../events/incoming-event.js';
import type { EventQuotaCache } from './event-quota-cache.js';
import type { EventRates, RateRequest } from './event-rates.js';

/** The quotas that apply to events before they are accepted. Their size is checked when they are composed. */
export interface PublishQuotas {
  /**
   * Applies the quotas of their tenants to the events of one call.
   * @throws PosthornError `quota_exceeded` with status 429 if a tenant publishes more than its rate
   */
  admitCall(events: readonly IncomingEvent[]): Promise<void>;
  /**
   * Applies the quotas of its tenant to a pushed event. Returns 0, or the delay of the push in milliseconds.
   * @param hasWaited whether the push was delayed before
   */
  delayOfPush(event: IncomingEvent, hasWaited: boolean): Promise<number>;
}

interface PublishQuotasDeps {
  cache: Pick<EventQuotaCache, 'get'>;
  rates: Pick<EventRates, 'take' | 'remaining'>;
}

export function createPublishQuotas({ cache, rates }: PublishQuotasDeps): PublishQuotas {
  /** Takes events of one tenant from its rate. Returns null, or the refusal. */
  async function take(
    tenantId: string,
    events: readonly IncomingEvent[],
    kind: RateRequest['kind'],
  ): Promise<{ waitMs: number; eventsPerSecond: number } | null> {
    const { eventsPerSecond, eventBytes } = await cache.get(tenantId);
    for (const event of events) event.maxBytes = eventBytes;
    if (eventsPerSecond === null) return null;
    const waitMs = await rates.take({ tenantId, eventsPerSecond, events: events.length, kind });
    const isRefused = waitMs > 0;
    events[0]?.noteRate?.({
      name: 'events',
      quota: eventsPerSecond,
      remaining: isRefused ? 0 : (rates.remaining(tenantId) ?? eventsPerSecond),
      resetS: isRefused ? secondsOf(waitMs) : undefined,
    });
    return isRefused ? { waitMs, eventsPerSecond } : null;
  }

  return {
    async admitCall(events) {
      for (const [tenantId, ofTenant] of groupBy(events, (event) => event.tenantId)) {
        const refusal = await take(tenantId, ofTenant, 'call');
        if (refusal) throw rateExceeded(refusal);
      }
    },
    async delayOfPush(event, hasWaited) {
      const refusal = await take(event.tenantId, [event], hasWaited ? 'turn' : 'push');
      return refusal?.waitMs ?? 0;
    },
  };
}

const secondsOf = (waitMs: number): number => Math.max(1, Math.ceil(waitMs / 1000));

const rateExceeded = ({ waitMs, eventsPerSecond }: { waitMs: number; eventsPerSecond: number }) =>
  new PosthornError('quota_exceeded', {
    status: 429,
    detail: `The quota for events per second (${eventsPerSecond}) is reached. Nothing was stored; retry later.`,
    extra: {
      quota: 'eventsPerSecond',
      limit: eventsPerSecond,
      retryAfter: secondsOf(waitMs),
    },
  });
