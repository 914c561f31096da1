import { PosthornError } from '@posthorn/core';
import type { AcceptResult, IncomingEvent, PublishQuotas } from '@posthorn/fanout';
import type { CountRefused } from '@posthorn/runtime';
import type { EventDeps } from './deps.js';

interface QuotaEnforcement {
  quotas: Pick<PublishQuotas, 'admitCall'>;
  countRefused: CountRefused;
}

/** Wraps an acceptor to apply the quotas of tenants, and to count the events that they refuse. */
export function enforceQuotas(
  acceptor: EventDeps['acceptor'],
  { quotas, countRefused }: QuotaEnforcement,
): EventDeps['acceptor'] {
  async function admit(events: readonly IncomingEvent[]): Promise<void> {
    try {
      await quotas.admitCall(events);
    } catch (error) {
      if (error instanceof PosthornError && error.code === 'quota_exceeded')
        for (const { tenantId } of events) countRefused('quota', tenantId, 1);
      throw error;
    }
  }

  function countTooLarge(events: readonly IncomingEvent[], results: readonly AcceptResult[]): void {
    results.forEach((result, index) => {
      const isTooLarge = result.status === 'rejected' && result.code === 'quota_exceeded';
      const tenantId = events[index]?.tenantId;
      if (isTooLarge && tenantId !== undefined) countRefused('quota', tenantId, 1);
    });
  }

  return {
    async accept(event) {
      await admit([event]);
      const result = await acceptor.accept(event);
      countTooLarge([event], [result]);
      return result;
    },
    async acceptAll(events) {
      await admit(events);
      const results = await acceptor.acceptAll(events);
      countTooLarge(events, results);
      return results;
    },
    assertShortWait: acceptor.assertShortWait,
  };
}
