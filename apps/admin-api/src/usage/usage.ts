import { encodeUsageCursor, USAGE_FORMATS } from '@posthorn/contract';
import { fieldError, PosthornError } from '@posthorn/core';
import { readUsage } from '@posthorn/database/usage';
import { limitedKeyOf } from '../access/authenticate.js';
import { streamLines } from '../http/stream-lines.js';
import type { Handler } from '../calls/handler.js';
import { usedTenantOrAll } from '../access/tenancy.js';
import type { UsageDeps } from './deps.js';
import { serializeUsage } from './serialize-usage.js';
import { type RowFormat, usageTexts } from './stream-usage.js';

const DAY_MS = 86_400_000;

/** PostgreSQL has no year 0. */
const FIRST_DAY_MS = Date.parse('0001-01-01');

/** Days before the last one, by default. */
const DEFAULT_DAYS = 29;

const JSON_TYPE = 'application/json';

export const getUsage: Handler<'getUsage', UsageDeps> = async (
  { caller, query, accepts, isStillAuthenticated, whenClosed },
  { prisma, historyPool, openStream, stopping, logger },
) => {
  const tenantId = await usedTenantOrAll(prisma, caller, query.tenantId);
  const filter = { ...daysOf(query), tenantId, groupBy: query.groupBy };
  const format = query.format ?? acceptedFormat(accepts);
  if (format === 'json') {
    const { items, next } = await readUsage(historyPool, filter, { limit: query.limit, after: query.cursor });
    return {
      status: 200,
      body: { data: items.map(serializeUsage), nextCursor: next && encodeUsageCursor(next) },
    };
  }
  const texts = await usageTexts({ pool: historyPool, filter, after: query.cursor, format });
  const closeStream = openStream({ keyId: limitedKeyOf(caller), tenantId: caller.tenantId });
  whenClosed(closeStream);
  return {
    status: 200,
    body: null,
    contentType: TYPES[format],
    stream(response) {
      streamLines(response, texts, { isStillAuthenticated, stopping }).catch((error: unknown) => {
        logger.warn('a usage export was interrupted', { tenantId, error });
      });
    },
  };
};

const TYPES: Record<RowFormat, string> = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' };

function acceptedFormat(accepts: (types: string[]) => string | false): RowFormat | 'json' {
  const type = accepts([JSON_TYPE, ...Object.keys(USAGE_FORMATS)]);
  return type === 'text/csv' || type === 'application/x-ndjson' ? USAGE_FORMATS[type] : 'json';
}

/** @throws PosthornError if the range ends before its start */
function daysOf({ from, to }: { from?: string | undefined; to?: string | undefined }): {
  from: string;
  to: string;
} {
  const last = to ?? dayOf(Date.now());
  const first = from ?? dayOf(Math.max(Date.parse(last) - DEFAULT_DAYS * DAY_MS, FIRST_DAY_MS));
  if (first > last)
    throw new PosthornError('invalid_input', {
      errors: [fieldError('to', 'before_start', { start: 'from' })],
    });
  return { from: first, to: last };
}

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
