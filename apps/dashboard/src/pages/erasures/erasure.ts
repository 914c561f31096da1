import type { components } from '../../generated/api.js';
import { t } from '../../i18n/t.js';

export type Erasure = components['schemas']['Erasure'];
type Phase = components['schemas']['ErasurePhase'];

/** How often the progress of a running erasure is read, in milliseconds. */
export const PROGRESS_INTERVAL_MS = 2000;

/** Returns what an erasure removes. The value of a person is not known. */
export function subjectText({ kind, key }: Pick<Erasure, 'kind' | 'key'>): string {
  switch (kind) {
    case 'event':
      return t('An event');
    case 'subject':
      return t('Events with a value at {{pointer}}', { pointer: key ?? '' });
    case 'tenant':
      return t('A whole tenant');
  }
}

/** Returns what a running erasure does. */
export function phaseText(phase: Phase): string {
  switch (phase) {
    case 'pushes':
      return t('Waiting for pushes in Redis');
    case 'index':
    case 'scan':
    case 'reports':
      return t('Searching events');
    case 'erase':
      return t('Erasing events');
    case 'rejected':
      return t('Erasing rejected events');
    case 'usage':
      return t('Waiting until its usage is counted');
    case 'purge':
      return t('Deleting data');
    case 'settle':
      return t('Waiting for requests in flight');
    case 'redis':
      return t('Rewriting the file of Redis');
  }
}

const COUNTED: Record<string, string> = {
  events: t('Events'),
  pending: t('Pending deliveries'),
  deliveries: t('Deliveries'),
  attempts: t('Responses of receivers'),
  searchValues: t('Search values'),
  idempotencyKeys: t('Idempotency keys'),
  droppedDeliveries: t('Dropped deliveries'),
  rejectedEvents: t('Rejected events'),
  reports: t('Operational events'),
  notices: t('Notices'),
  storedResponses: t('Stored responses'),
  payloadValues: t('Expiring payloads'),
  dataKeys: t('Keys of payloads'),
  replays: t('Replays'),
  recoveries: t('Recoveries'),
  statistics: t('Rows of statistics'),
  webhooks: t('Webhooks'),
  formats: t('Delivery formats'),
  defaultFormats: t('Default formats'),
  certificates: t('Certificates'),
  apiKeys: t('API keys'),
  recipients: t('Recipients'),
  unsubscriptions: t('Unsubscriptions'),
  mailboxes: t('Mailboxes'),
  refusedImports: t('Refused imports'),
  auditEntries: t('Audit entries'),
  auditReports: t('Events of the audit log'),
  copies: t('Copies of the operator'),
  tenants: t('Tenants'),
  redisFiles: t('Rewritten files of Redis'),
};

/** Returns how much of each kind was erased, without what there was none of. */
export function countTexts({
  counts,
}: Pick<Erasure, 'counts'>): { kind: string; label: string; count: number }[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => ({ kind, label: COUNTED[kind] ?? kind, count }));
}
