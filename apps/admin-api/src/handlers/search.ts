import { MAX_LISTED_SEARCH_KEYS, type SearchKind, type SearchResultResponse } from '@posthorn/contract';
import { isStatementTimeout, listSearchKeys, type Pool, type SearchScope } from '@posthorn/database';
import { allowsFeature, hasScope } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { type SearchPart, searchParts } from '../search/search-parts.js';
import { listedTenantOrAll } from '../tenancy.js';

export const search: Handler<'search'> = async ({ caller, query }, { prisma, historyPool }) => {
  const { q, limit } = query;
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const found = await Promise.all(
    searchParts(q, caller).map((part) => runPart(historyPool, part, { tenantId, limit: limit + 1 })),
  );
  const kindsOf = (isIncluded: (part: FoundPart) => boolean): SearchKind[] => [
    ...new Set(found.filter(isIncluded).map(({ kind }) => kind)),
  ];
  return {
    status: 200,
    body: {
      data: withoutDuplicates(found.flatMap(({ results }) => results?.slice(0, limit) ?? [])),
      more: kindsOf(({ results }) => results !== null && results.length > limit),
      timedOut: kindsOf(({ results }) => results === null),
      searchKeys:
        hasScope(caller, 'events:read') && allowsFeature(caller, 'catalog')
          ? await listSearchKeys(historyPool, MAX_LISTED_SEARCH_KEYS)
          : [],
    },
  };
};

interface FoundPart {
  kind: SearchKind;
  /** Null if the search took too long. */
  results: SearchResultResponse[] | null;
}

async function runPart(pool: Pool, { kind, find }: SearchPart, scope: SearchScope): Promise<FoundPart> {
  try {
    return { kind, results: await find(pool, scope) };
  } catch (error) {
    if (!isStatementTimeout(error)) throw error;
    return { kind, results: null };
  }
}

/** Keeps the first result for each resource. */
function withoutDuplicates(results: readonly SearchResultResponse[]): SearchResultResponse[] {
  const seen = new Set<string>();
  return results.filter(({ kind, id }) => {
    const key = `${kind} ${id}`;
    return !seen.has(key) && seen.add(key);
  });
}
