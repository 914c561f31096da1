import { decodeId, ID_PREFIXES, type IdKind } from '@posthorn/core';
import { findKeysOfTenant } from '@posthorn/database/access/prisma';
import { findTargetNames, listAuditEntries as readAuditEntries } from '@posthorn/database/audit';
import type { AuditEntry } from '@posthorn/database/audit/prisma';
import type { Page, PrismaDb } from '@posthorn/database/prisma-client';
import type { Caller } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import type { AuditDeps } from './deps.js';
import { serializeAuditEntry, type TenantViewer } from './audit-entry.js';
import { serializePage } from '../http/page.js';
import { listedTenantOrAll } from '../access/tenancy.js';

export const listAuditEntries: Handler<'listAuditEntries', AuditDeps> = async (
  { caller, query },
  { prisma, history },
) => {
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const targets = query.target === undefined ? undefined : storedTargets(query.target);
  const page = await readAuditEntries(history, { ...query, tenantId, targets }, query);
  return { status: 200, body: await auditEntryPage(page, caller, prisma) };
};

/** Returns a page of entries, as the caller may see them. */
export async function auditEntryPage(page: Page<AuditEntry>, caller: Caller, prisma: PrismaDb) {
  const viewer = await viewerOf(caller, page, prisma);
  const names = await findTargetNames(prisma, page.items);
  return serializePage(page, (entry) =>
    serializeAuditEntry(entry, { viewer, targetName: names.get(entry.target) ?? null }),
  );
}

/**
 * Returns the stored forms of a target: the UUID of an id, or text, such as the name of an event type. Tenants have both: the rejected events
 * of one are a target, too.
 */
function storedTargets(target: string): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- keys of a constant
  const kinds = Object.keys(ID_PREFIXES) as IdKind[];
  const id = kinds.map((kind) => decodeId(kind, target)).find((each) => each !== null);
  if (!id) return [target];
  return decodeId('tenant', target) === null ? [id] : [id, target];
}

/** Returns what the caller may see of the actors of entries. */
async function viewerOf(
  { tenantId }: Caller,
  { items }: Page<AuditEntry>,
  prisma: PrismaDb,
): Promise<TenantViewer | null> {
  if (tenantId === null) return null;
  const keyIds = new Set(items.flatMap(({ actorKeyId }) => actorKeyId ?? []));
  return { tenantId, ownKeyIds: await findKeysOfTenant(prisma, tenantId, [...keyIds]) };
}
