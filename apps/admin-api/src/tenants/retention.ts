import { fieldError, PosthornError } from '@posthorn/core';
import type { TenantDeps } from './deps.js';

/** The retention in a request. */
interface RequestedRetention {
  payloadDays?: number | null | undefined;
  historyDays?: number | null | undefined;
}

/** Returns the retention to store. Absent days stay as they are. @throws PosthornError if the installation keeps data for fewer days */
export function requestedRetention(
  { payloadDays, historyDays }: RequestedRetention = {},
  limits: Pick<TenantDeps, 'payloadRetentionDays' | 'retentionDays'>,
): { payloadDays?: number | null; historyDays?: number | null } {
  const errors = [
    ...above('payloadDays', payloadDays, limits.payloadRetentionDays),
    ...above('historyDays', historyDays, limits.retentionDays),
  ];
  if (errors.length > 0) throw new PosthornError('invalid_input', { errors });
  return {
    ...(payloadDays !== undefined && { payloadDays }),
    ...(historyDays !== undefined && { historyDays }),
  };
}

const above = (name: keyof RequestedRetention, days: number | null | undefined, limit: number) =>
  (days ?? 0) > limit ? [fieldError(`retention.${name}`, 'too_big', { limit })] : [];
