import { PosthornError } from '@posthorn/core';
import type { AcceptHook, PublishQuotas } from '@posthorn/fanout';
import type { CountRefused } from '@posthorn/runtime';

interface QuotaEnforcement {
  quotas: Pick<PublishQuotas, 'admitCall'>;
  countRefused: CountRefused;
}

/** Applies the quotas of tenants, and counts the events that they refuse. */
export const enforceQuotas = ({ quotas, countRefused }: QuotaEnforcement): AcceptHook => ({
  async before(events) {
    try {
      await quotas.admitCall(events);
    } catch (error) {
      if (error instanceof PosthornError && error.code === 'quota_exceeded')
        for (const { tenantId } of events) countRefused('quota', tenantId, 1);
      throw error;
    }
  },
  after(events, results) {
    results.forEach((result, index) => {
      const isTooLarge = result.status === 'rejected' && result.code === 'quota_exceeded';
      const tenantId = events[index]?.tenantId;
      if (isTooLarge && tenantId !== undefined) countRefused('quota', tenantId, 1);
    });
  },
});
