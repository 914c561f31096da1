import { MAX_LISTED_SEARCH_KEYS, type SearchKind, type SearchResultResponse } from '@posthorn/contract';
import { decodeId } from '@posthorn/core';
import { isStatementTimeout, type Pool } from '@posthorn/database/connection';
import { readWithin } from '@posthorn/database/prisma-client';
import { listSearchKeys, SEARCH_TIMEOUT_MS, type SearchScope } from '@posthorn/database/search';
import { eventOutcomes } from '../events/event-outcomes.js';
import { allowsFeature, type Caller, hasScope } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import type { SearchDeps } from './deps.js';
import { type SearchPart, searchParts } from './search-parts.js';
import { listedTenantOrAll } from '../access/tenancy.js';

export const search: Handler<'search', SearchDeps> = async ({ caller, query }, deps) => {
  const { prisma, historyPool, payloadKeys } = deps;
  const { q, limit } = query;
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const found = await Promise.all(
    searchParts(q, caller, payloadKeys).map((part) =>
      runPart(historyPool, part, { tenantId, limit: limit + 1 }),
    ),
  );
  const shown = withoutDuplicates(found.flatMap(({ results }) => results?.slice(0, limit) ?? []));
  const kindsOf = (isIncluded: (part: FoundPart) => boolean): SearchKind[] => [
    ...new Set(found.filter(isIncluded).map(({ kind }) => kind)),
  ];
  return {
    status: 200,
    body: {
      data: await withOutcomes(shown, caller, deps),
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

/** Adds the outcomes of the events, unless that takes too long. */
async function withOutcomes(
  results: readonly SearchResultResponse[],
  caller: Caller,
  { history, payloadKeys }: Pick<SearchDeps, 'history' | 'payloadKeys'>,
): Promise<SearchResultResponse[]> {
  const ids = new Map(results.map(({ kind, id }) => [id, kind === 'event' ? decodeId('event', id) : null]));
  const eventIds = [...ids.values()].filter((id) => id !== null);
  if (eventIds.length === 0) return [...results];
  const outcomeOf = await readWithin(history, SEARCH_TIMEOUT_MS, (prisma) =>
    eventOutcomes(eventIds, caller, { history: prisma, payloadKeys }),
  );
  return results.map((result) => {
    const eventId = ids.get(result.id) ?? null;
    return eventId === null || outcomeOf === null ? result : { ...result, event: outcomeOf(eventId) };
  });
}

/** Keeps the first result for each resource. */
function withoutDuplicates(results: readonly SearchResultResponse[]): SearchResultResponse[] {
  const seen = new Set<string>();
  return results.filter(({ kind, id }) => {
    const key = `${kind} ${id}`;
    return !seen.has(key) && seen.add(key);
  });
}
