import { encodeId, PosthornError } from '@posthorn/core';
import {
  type ChainPlace,
  type CheckStart,
  findBreakAt,
  listChainedEntries,
  verifyAuditChain,
} from '@posthorn/database/audit';
import { audit } from '@posthorn/database/audit/prisma';
import { streamLines } from '../http/stream-lines.js';
import { type Caller, limitedKeyOf } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { timeOrNull } from '../http/page.js';
import { assertReleased } from '../calls/assert-released.js';
import type { AuditDeps } from './deps.js';
import { auditEntryPage } from './audit.js';

export const verifyAuditEntries: Handler<'verifyAuditEntries', AuditDeps> = async (
  { query },
  { historyPool },
) => {
  const { dropped, last, verified, erased, late, firstLate, unchained, firstBreak } = await verifyAuditChain(
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
      late,
      firstLate: firstLate && {
        number: firstLate.number,
        id: encodeId('auditEntry', firstLate.id),
        createdAt: firstLate.createdAt.toISOString(),
      },
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

export const exportAuditEntries: Handler<'exportAuditEntries', AuditDeps> = async (request, deps) => {
  const {
    caller,
    actor,
    query: { after },
    isStillAuthenticated,
    whenClosed,
  } = request;
  await checkPlace(after, deps);
  const closeExport = deps.openExport({ keyId: limitedKeyOf(caller), tenantId: null });
  whenClosed(closeExport);
  await audit(deps.prisma, actor, {
    action: 'audit_log.exported',
    tenantId: null,
    target: 'audit_log',
    before: null,
    after: { after: after.number },
  });
  return {
    status: 200,
    body: null,
    contentType: 'application/x-ndjson',
    stream(response) {
      streamLines(response, chainedLines(after, caller, deps), {
        isStillAuthenticated,
        stopping: deps.stopping,
        assertReleased: () => assertReleased(deps),
      }).catch((error: unknown) => {
        deps.logger.warn('an export of the audit log was interrupted', { error });
      });
    },
  };
};

/** @throws PosthornError `conflict` if the export cannot continue after an entry with this hash */
async function checkPlace(after: CheckStart, { historyPool }: AuditDeps): Promise<void> {
  const found = after.hash && (await findBreakAt(historyPool, after));
  if (!found) return;
  const detail = {
    missing: `Entry ${found.number} no longer exists`,
    changed: `Entry ${found.number} has another hash now`,
    dropped: `Entry ${found.number} has expired, and entries after it, too`,
  };
  throw new PosthornError('conflict', { detail: `${detail[found.reason]}. Export to another file.` });
}

const PAGE_SIZE = 100;

/** Yields the entries after a number, a small page at a time, in the line format of a tenant export. */
async function* chainedLines(
  after: CheckStart,
  caller: Caller,
  { history }: AuditDeps,
): AsyncGenerator<string, void, void> {
  let cursor = after.hash ? `${after.number}:${after.hash.toString('hex')}` : String(after.number);
  for (let last = BigInt(after.number); ;) {
    const items = await listChainedEntries(history, last, PAGE_SIZE);
    const { data } = await auditEntryPage({ items, next: null }, caller, history);
    for (const entry of data) {
      cursor = `${entry.number}:${entry.hash}`;
      yield lineOf('audit_entry', cursor, entry);
    }
    last = items.at(-1)?.number ?? last;
    if (items.length < PAGE_SIZE) return yield lineOf('complete', cursor, {});
  }
}

const lineOf = (type: 'audit_entry' | 'complete', cursor: string, data: object): string =>
  `${JSON.stringify({ type, cursor, data })}\n`;
