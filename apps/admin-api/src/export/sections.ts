import type { ExportedType } from '@posthorn/contract';
import { withDataText } from '@posthorn/core';
import { listApiKeys, listPortalLinks } from '@posthorn/database/access/prisma';
import { listAuditEntries } from '@posthorn/database/audit';
import { listRejectedEvents } from '@posthorn/database/events';
import { listUsedEventTypes, listWholeEvents } from '@posthorn/database/events/prisma';
import { listRecipients } from '@posthorn/database/notifications/prisma';
import type { Page, PageRequest } from '@posthorn/database/prisma-client';
import { listRecoveries, listReplays } from '@posthorn/database/replays/prisma';
import { readUsage } from '@posthorn/database/usage';
import { listWebhooks } from '@posthorn/database/webhooks/prisma';
import { serializeApiKey } from '../credentials/api-key.js';
import { auditEntryPage } from '../audit/audit.js';
import { serializePortalLink } from '../credentials/portal-link.js';
import { serializeEventType } from '../events/event-type.js';
import { eventSerializer } from '../events/event.js';
import { hiddenFrom } from '../access/redactions.js';
import { serializeRejectedEvent } from '../events/rejected-events.js';
import { serializeRecipient } from '../notifications/recipient.js';
import { serializeListedRecovery } from '../replays/recovery.js';
import { serializeListedReplay } from '../replays/replay.js';
import { asSeenByTenant, withUsage } from '../tenants/tenants.js';
import { serializeUsage } from '../usage/serialize-usage.js';
import { webhookResponses } from '../webhooks/webhook-responses.js';
import { type ExportedTenant, pagedSection, recordOf, type RecordPage } from './section.js';

const PAGE_SIZE = 100;

/** Events and rejected events can have 256 KiB each. */
const LARGE_PAGE_SIZE = 20;

const FIRST_DAY = '1970-01-01';
const LAST_DAY = '9999-12-31';

/** Returns the records of a page of items with ids. */
function recordPage<Item extends { id: string }>(
  type: ExportedType,
  { items, next }: Page<Item>,
  serialize: (item: Item, index: number) => object,
): RecordPage {
  return { records: items.map((item, index) => recordOf(type, item.id, serialize(item, index))), next };
}

/** Returns a section of a list whose items are serialized one by one. */
const listSection = <Item extends { id: string }>(
  type: ExportedType,
  list: (exported: ExportedTenant, page: PageRequest) => Promise<Page<Item>>,
  serialize: (item: Item, exported: ExportedTenant) => object,
) =>
  pagedSection(type, async (exported, cursor) =>
    recordPage(type, await list(exported, { limit: PAGE_SIZE, cursor }), (item) => serialize(item, exported)),
  );

/** The parts of an export except deliveries. */
export const SECTIONS = {
  tenant: pagedSection('tenant', async ({ tenant, deps }, cursor) => ({
    records:
      cursor === undefined
        ? [recordOf('tenant', tenant.id, asSeenByTenant(await withUsage(tenant, deps)))]
        : [],
    next: null,
  })),

  recipients: pagedSection('recipient', async ({ tenant, deps }, cursor = '') => {
    const recipients = await listRecipients(deps.history, tenant.id);
    const left = recipients.filter(({ address }) => address > cursor);
    const sorted = left.toSorted((a, b) => (a.address < b.address ? -1 : 1));
    return {
      records: sorted.map((recipient) =>
        recordOf('recipient', recipient.address, serializeRecipient(recipient)),
      ),
      next: null,
    };
  }),

  webhooks: pagedSection('webhook', async ({ tenant, reader, deps }, cursor) => {
    const after = cursor === undefined ? {} : { cursor: { id: cursor, rank: null } };
    const page = await listWebhooks(deps.history, { tenantId: tenant.id }, { limit: PAGE_SIZE, ...after });
    const webhooks = await webhookResponses(page.items, reader, deps);
    return recordPage(
      'webhook',
      { ...page, next: page.next?.id ?? null },
      (_, index) => webhooks[index] ?? {},
    );
  }),

  apiKeys: listSection(
    'api_key',
    ({ tenant, deps }, page) => listApiKeys(deps.history, { tenantId: tenant.id, onlyFeedKeys: false }, page),
    serializeApiKey,
  ),

  portalLinks: listSection(
    'portal_link',
    ({ tenant, deps }, page) => listPortalLinks(deps.history, tenant.id, page),
    (link, { reader }) => serializePortalLink(link, reader),
  ),

  eventTypes: pagedSection('event_type', async ({ tenant, deps }, cursor) => {
    const types = await listUsedEventTypes(deps.history, tenant.id, { limit: PAGE_SIZE, cursor });
    return {
      records: types.map((type) => recordOf('event_type', type.name, serializeEventType(type))),
      next: types.length === PAGE_SIZE ? (types.at(-1)?.name ?? null) : null,
    };
  }),

  events: pagedSection('event', async ({ tenant, reader, deps }, cursor) => {
    const page = await listWholeEvents(
      deps.history,
      { tenantId: tenant.id, payloadKeys: deps.payloadKeys },
      { limit: LARGE_PAGE_SIZE, cursor },
    );
    const serialize = await eventSerializer(page.items, reader, deps);
    const records = page.items.map((event) => {
      const { body, dataText } = serialize(event);
      return {
        type: 'event' as const,
        key: event.id,
        json: withDataText(JSON.stringify(body), dataText),
      };
    });
    return { records, next: page.next };
  }),

  rejectedEvents: pagedSection('rejected_event', async ({ tenant, reader, deps }, cursor) => {
    const { payloadKeys } = deps;
    const filter = { tenantId: tenant.id, withoutTenant: false, payloadKeys };
    const page = await listRejectedEvents(deps.history, filter, { limit: LARGE_PAGE_SIZE, cursor });
    const redactions = await hiddenFrom(reader, deps.history);
    return recordPage('rejected_event', page, (event) => serializeRejectedEvent(event, redactions));
  }),

  replays: listSection(
    'replay',
    ({ tenant, deps }, page) => listReplays(deps.history, { tenantId: tenant.id }, page),
    serializeListedReplay,
  ),

  recoveries: listSection(
    'recovery',
    ({ tenant, deps }, page) => listRecoveries(deps.history, { tenantId: tenant.id }, page),
    serializeListedRecovery,
  ),

  usage: pagedSection('usage', async ({ tenant, deps }, cursor) => {
    const filter = {
      from: FIRST_DAY,
      to: LAST_DAY,
      tenantId: tenant.id,
      groupBy: ['tenant', 'day'],
    } as const;
    const after = cursor === undefined ? undefined : { day: cursor, tenantId: tenant.id };
    const { items, next } = await readUsage(deps.historyPool, filter, { limit: PAGE_SIZE, after });
    return {
      records: items.map((row) => recordOf('usage', row.day ?? '', serializeUsage(row))),
      next: next?.day ?? null,
    };
  }),

  auditEntries: pagedSection('audit_entry', async ({ tenant, reader, deps }, cursor) => {
    const page = await listAuditEntries(deps.history, { tenantId: tenant.id }, { limit: PAGE_SIZE, cursor });
    const { data } = await auditEntryPage(page, reader, deps.history);
    return recordPage('audit_entry', page, (_, index) => data[index] ?? {});
  }),
};
