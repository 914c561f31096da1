import type { LinkProps } from '@tanstack/react-router';
import {
  Building2,
  CircleX,
  KeyRound,
  LifeBuoy,
  Repeat2,
  ScrollText,
  Send,
  Tags,
  Webhook,
  Zap,
  type LucideIcon,
} from 'lucide-react';
import type { components } from '../../generated/api.js';
import { t } from '../../i18n/t.js';

export type SearchResult = components['schemas']['SearchResult'];
export type SearchKind = SearchResult['kind'];

export const SEARCH_KINDS: Record<SearchKind, { label: string; icon: LucideIcon }> = {
  webhook: { label: t('Webhooks'), icon: Webhook },
  tenant: { label: t('Tenants'), icon: Building2 },
  event_type: { label: t('Event types'), icon: Tags },
  event: { label: t('Events'), icon: Zap },
  delivery: { label: t('Deliveries'), icon: Send },
  replay: { label: t('Replays'), icon: Repeat2 },
  recovery: { label: t('Recoveries'), icon: LifeBuoy },
  rejected_event: { label: t('Rejected events'), icon: CircleX },
  api_key: { label: t('API keys'), icon: KeyRound },
  audit_entry: { label: t('Audit log'), icon: ScrollText },
};

/** Returns the label of why a result was found. */
export function matchLabel({ matchedBy, searchKey }: SearchResult): string {
  switch (matchedBy) {
    case 'id':
      return 'ID';
    case 'external_id':
      return t('External ID');
    case 'url':
      return 'URL';
    case 'description':
      return t('Description');
    case 'name':
      return t('Name');
    case 'idempotency_key':
      return t('Idempotency key');
    case 'payload':
      return searchKey ?? t('Payload');
  }
}

type Target = Pick<LinkProps, 'to' | 'params' | 'search'>;

/** Returns the page that explains a result. The selected tenant does not apply to pages that would hide a result of another one. */
export function pageOf({ kind, id, webhookId, eventId, createdAt }: SearchResult): Target {
  switch (kind) {
    case 'webhook':
      return { to: '/webhooks/$webhookId', params: { webhookId: id } };
    case 'tenant':
      return { to: '/tenants/$tenantId', params: { tenantId: id } };
    case 'event_type':
      return { to: '/event-types/$name', params: { name: id } };
    case 'event':
      return { to: '/events/$eventId', params: { eventId: id } };
    case 'delivery':
      return { to: '/deliveries/$deliveryId', params: { deliveryId: id } };
    case 'replay':
      return replayPage(webhookId, eventId);
    case 'recovery':
      return { to: '/recoveries/$recoveryId', params: { recoveryId: id } };
    case 'rejected_event':
      return {
        to: '/rejected-events/$rejectedEventId',
        params: { rejectedEventId: id },
        search: { tenant: undefined },
      };
    case 'api_key':
      return { to: '/audit', search: { target: id, tenant: undefined } };
    case 'audit_entry':
      return { to: '/audit', search: { entry: id, ...rangeAround(createdAt), tenant: undefined } };
  }
}

const RANGE_MS = 1000;

/** Returns a time range that makes a list contain what was created at this time. */
function rangeAround(at: string): { from: string; to: string } {
  const timeMs = Date.parse(at);
  return {
    from: new Date(timeMs - RANGE_MS).toISOString(),
    to: new Date(timeMs + RANGE_MS).toISOString(),
  };
}

/** A replay has no page. */
function replayPage(webhookId: string | null, eventId: string | null): Target {
  if (webhookId !== null) return { to: '/webhooks/$webhookId/replays', params: { webhookId } };
  return eventId === null ? { to: '/deliveries' } : { to: '/events/$eventId', params: { eventId } };
}

/** Returns the results by kind, in their order. */
export function byKind(results: readonly SearchResult[]): { kind: SearchKind; results: SearchResult[] }[] {
  const kinds = [...new Set(results.map(({ kind }) => kind))];
  return kinds.map((kind) => ({ kind, results: results.filter((result) => result.kind === kind) }));
}
