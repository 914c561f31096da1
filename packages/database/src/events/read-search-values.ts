import { dataTextOf, type FoundSearchValue, searchValuesIn } from '@posthorn/core';
import { bodyOf, type StoredBody } from './stored-body.js';
import type { PrismaTransaction } from '../prisma/client.js';

/** Longest body that is read, in bytes: a page of the largest events has 6 MB. */
export const MAX_READ_BODY_BYTES = 32 * 1024;

interface Row extends StoredBody {
  id: string;
  searchKeys: string[];
}

/**
 * Returns the values of events at the search keys of their types. Reads only the bodies of types with search keys, and none of more
 * than `MAX_READ_BODY_BYTES`.
 */
export async function readSearchValues(
  prisma: PrismaTransaction,
  eventIds: readonly string[],
): Promise<Map<string, FoundSearchValue[]>> {
  if (eventIds.length === 0) return new Map();
  const rows = await prisma.$queryRaw<Row[]>`
    SELECT e.id, e.body, e.deflated_body AS "deflatedBody", t.search_keys AS "searchKeys"
    FROM event e JOIN event_type t ON t.name = e.type
    WHERE e.id = ANY (${eventIds}::uuid[]) AND t.search_keys <> '{}'
      AND (e.body IS NULL OR octet_length(e.body) <= ${MAX_READ_BODY_BYTES})`;
  return new Map(
    rows.map(({ id, searchKeys, ...body }) => [
      id,
      searchValuesIn(dataTextOf(bodyOf(body) ?? ''), searchKeys),
    ]),
  );
}
