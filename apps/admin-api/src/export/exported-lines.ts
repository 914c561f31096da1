import { encodeExportCursor, type ExportedType, type ExportPosition } from '@posthorn/contract';
import type { Tenant } from '@posthorn/database/tenants/prisma';
import type { Caller } from '../access/authenticate.js';
import type { ExportDeps } from './deps.js';
import { deliveriesAndAttempts } from './deliveries-and-attempts.js';
import { type ExportedTenant, recordOf, type ExportedRecord, type Section } from './section.js';
import { SECTIONS } from './sections.js';

interface Export {
  tenant: Tenant;
  caller: Caller;
  deps: ExportDeps;
}

const ORDER: readonly Section[] = [
  SECTIONS.tenant,
  SECTIONS.recipients,
  SECTIONS.webhooks,
  SECTIONS.apiKeys,
  SECTIONS.portalLinks,
  SECTIONS.eventTypes,
  SECTIONS.events,
  { types: ['delivery', 'attempt'], read: deliveriesAndAttempts },
  SECTIONS.rejectedEvents,
  SECTIONS.replays,
  SECTIONS.recoveries,
  SECTIONS.usage,
  SECTIONS.auditEntries,
];

/**
 * Yields the lines of an export, the records of each type newest first, a small page at a time. The export contains what a key of the
 * tenant sees, also if an operator requests it.
 */
export async function* exportedLines(
  { tenant, caller, deps }: Export,
  after: ExportPosition | undefined,
): AsyncGenerator<string, void, void> {
  const exported: ExportedTenant = {
    tenant,
    reader: { ...caller, tenantId: tenant.id },
    deps: { ...deps, prisma: deps.history, pool: deps.historyPool },
    read: (read) => deps.feedReads.run(tenant.id, read),
  };
  const complete = recordOf('complete', tenant.id, {});
  if (after?.type === 'complete') return yield lineOf(complete);
  const first = after ? ORDER.findIndex(({ types }) => types.includes(after.type)) : 0;
  for (const [index, { read }] of ORDER.entries()) {
    if (index < first) continue;
    for await (const record of read(exported, index === first ? after : undefined)) yield lineOf(record);
  }
  yield lineOf(complete);
}

const lineOf = ({ type, key, json }: ExportedRecord): string =>
  `{"type":"${type satisfies ExportedType}","cursor":"${encodeExportCursor({ type, key })}","data":${json}}\n`;
