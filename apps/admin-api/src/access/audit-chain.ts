import { encodeId } from '@posthorn/core';
import { type ChainPlace, verifyAuditChain } from '@posthorn/database';
import { audit, listChainedEntries } from '@posthorn/database/prisma';
import type { ApiDeps } from '../deps.js';
import { streamLines } from '../export/stream-lines.js';
import { type Caller, limitedKeyOf } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { timeOrNull } from '../http/page.js';
import { assertReleased } from '../quarantine/assert-released.js';
import { auditEntryPage } from './audit.js';

export const verifyAuditEntries: Handler<'verifyAuditEntries'> = async ({ query }, { historyPool }) => {
  const { dropped, last, verified, erased, unchained, firstBreak } = await verifyAuditChain(
    historyPool,
    query,
  );
  return {
    status: 200,
    body: {
      dropped: serializePlace(dropped),
      last: serializePlace(last),
      verified: { ...serializePlace(verified), createdAt: timeOrNull(verified.createdAt) },
      erased,
      unchained,
      firstBreak: firstBreak && {
        number: firstBreak.number,
        id: firstBreak.id && encodeId('auditEntry', firstBreak.id),
        reason: firstBreak.reason,
      },
    },
  };
};

const serializePlace = ({ number, hash }: ChainPlace) => ({ number, hash: hash.toString('hex') });

export const exportAuditEntries: Handler<'exportAuditEntries'> = async (request, deps) => {
  const { caller, actor, query, isStillAuthenticated, whenClosed } = request;
  const closeExport = deps.openExport({ keyId: limitedKeyOf(caller), tenantId: null });
  whenClosed(closeExport);
  await audit(deps.prisma, actor, {
    action: 'audit_log.exported',
    tenantId: null,
    target: 'audit_log',
    before: null,
    after: { after: query.after },
  });
  return {
    status: 200,
    body: null,
    contentType: 'application/x-ndjson',
    stream(response) {
      streamLines(response, chainedLines(query.after, caller, deps), {
        isStillAuthenticated,
        stopping: deps.stopping,
        assertReleased: () => assertReleased(deps),
      }).catch((error: unknown) => {
        deps.logger.warn('an export of the audit log was interrupted', { error });
      });
    },
  };
};

const PAGE_SIZE = 100;

/** Yields the entries after a number, a small page at a time, in the line format of a tenant export. */
async function* chainedLines(
  after: number,
  caller: Caller,
  { history }: ApiDeps,
): AsyncGenerator<string, void, void> {
  for (let last = BigInt(after); ;) {
    const items = await listChainedEntries(history, last, PAGE_SIZE);
    const { data } = await auditEntryPage({ items, next: null }, caller, history);
    for (const entry of data) yield lineOf('audit_entry', entry.number ?? after, entry);
    last = items.at(-1)?.number ?? last;
    if (items.length < PAGE_SIZE) return yield lineOf('complete', last, {});
  }
}

const lineOf = (type: 'audit_entry' | 'complete', number: bigint | number, data: object): string =>
  `${JSON.stringify({ type, cursor: String(number), data })}\n`;
