import { hasIdAsTarget } from '@posthorn/core';
import type { AuditEntry } from '../generated/client.js';
import type { PrismaDb } from '../prisma-client/client.js';

/** Returns the present names of the targets of audit entries, by id: the URL of a webhook, or else its description or external id, the name of a tenant, key or person. */
export async function findTargetNames(
  prisma: PrismaDb,
  entries: readonly Pick<AuditEntry, 'action' | 'target'>[],
): Promise<ReadonlyMap<string, string>> {
  const withId = entries.filter(({ action }) => hasIdAsTarget(action));
  const ids = [...new Set(withId.map(({ target }) => target))];
  if (ids.length === 0) return new Map();
  const rows = await prisma.$queryRaw<{ id: string; name: string | null }[]>`
    SELECT id, coalesce(url, description, external_id) AS name FROM webhook WHERE id = ANY (${ids}::uuid[])
    UNION ALL SELECT id, name FROM tenant WHERE id = ANY (${ids}::uuid[])
    UNION ALL SELECT id, name FROM api_key WHERE kind IN ('key', 'person') AND id = ANY (${ids}::uuid[])`;
  return new Map(rows.flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const])));
}
