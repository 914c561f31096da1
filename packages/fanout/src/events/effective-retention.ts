import type { AcceptRules, NewEvent, RetentionRules } from '@posthorn/database/events';
import type { IncomingEvent } from './incoming-event.js';

/** For how many days the installation keeps payloads, and deliveries with their attempts. */
export interface InstallationRetention {
  payloadDays: number;
  historyDays: number;
}

/**
 * Returns the retention of an event: the shorter one of its tenant and its type. Null if the installation's is not longer. A payload is
 * kept no longer than the history.
 */
export function effectiveRetention(
  event: Pick<IncomingEvent, 'tenantId' | 'type'>,
  rules: Pick<AcceptRules, 'payloadDays' | 'historyDays'>,
  installation: InstallationRetention,
): Pick<NewEvent, 'payloadDays' | 'historyDays'> {
  const historyDays = shortest(event, rules.historyDays, installation.historyDays);
  const payloadDays = Math.min(shortest(event, rules.payloadDays, installation.payloadDays), historyDays);
  return {
    payloadDays: payloadDays < installation.payloadDays ? payloadDays : null,
    historyDays: historyDays < installation.historyDays ? historyDays : null,
  };
}

const shortest = (
  { tenantId, type }: Pick<IncomingEvent, 'tenantId' | 'type'>,
  { tenants, types }: RetentionRules,
  ofInstallation: number,
): number =>
  Math.min(tenants.get(tenantId) ?? ofInstallation, types.get(type) ?? ofInstallation, ofInstallation);
