import { randomBytes } from 'node:crypto';
import { encodeAuditTarget, encodeId, newId, SYSTEM_TENANT_ID } from '@posthorn/core';
import type pg from 'pg';
import { inTransaction, type Transaction } from '../connection/transaction.js';
import { AUDIT_CONTENT, type AuditContent, entryHash, erasableDigest } from './audit-content.js';
import { lateEntriesAfter, type LateEntry } from './late-entries.js';

/** Maximum number of entries of one transaction, which are in memory at once: the values of one can have 160 KB. */
const BATCH = 100;

const SALT_BYTES = 16;

/** Locks the end of the chain, so that two processes do not continue it at once. */
const LOCK_END = 'SELECT last_number AS number, last_hash AS hash FROM audit_chain FOR UPDATE';

/** An entry that is committed later has a number then. One that an erasure has locked, too. */
const READ_UNCHAINED = `SELECT ${AUDIT_CONTENT} FROM audit_entry WHERE number IS NULL ORDER BY id LIMIT ${BATCH} FOR NO KEY UPDATE SKIP LOCKED`;

const CHAIN = `
WITH moved AS (UPDATE audit_chain SET last_number = $6, last_hash = $7)
UPDATE audit_entry e SET number = c.number, salt = c.salt, digest = c.digest, hash = c.hash
FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[]) AS c (id, number, salt, digest, hash) WHERE e.id = c.id`;

const IS_SUBSCRIBED = `SELECT FROM webhook_subscription WHERE tenant_id = '${SYSTEM_TENANT_ID}' AND pattern LIKE 'posthorn.audit.%' LIMIT 1`;

const EMIT = `
INSERT INTO operational_event (id, tenant_id, type, data, created_at)
SELECT id, coalesce(tenant_id, '${SYSTEM_TENANT_ID}'), type, data, created_at
FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::timestamptz[], $5::uuid[]) AS e (id, type, data, created_at, tenant_id)`;

interface ChainedEntry {
  entry: AuditContent;
  number: number;
  salt: Buffer;
  digest: Buffer;
  hash: Buffer;
}

interface ChainOptions {
  signal?: AbortSignal;
  /** Gets the entries of a batch that are dated long before an entry which was chained before them. They are chained, too. */
  onLate?: (entries: readonly LateEntry[]) => void;
}

/**
 * Numbers and hashes the committed entries of the audit log that are not in the chain yet, in batches. In the same transactions, emits them
 * as operational events if a webhook of the system scope subscribes to them. Returns the number of entries.
 */
export async function chainAuditEntries(
  pool: pg.Pool,
  { signal, onLate }: ChainOptions = {},
): Promise<number> {
  for (let total = 0; ;) {
    signal?.throwIfAborted();
    const { chained, late } = await inTransaction(pool, chainBatch);
    if (late.length > 0) onLate?.(late);
    total += chained;
    if (chained < BATCH) return total;
  }
}

async function chainBatch(transaction: Transaction): Promise<{ chained: number; late: LateEntry[] }> {
  const end = await transaction.query<{ number: string; hash: Buffer }>(LOCK_END);
  const [last] = end.rows;
  if (!last) throw new Error('audit_chain has no row');
  const { rows } = await transaction.query<AuditContent>(READ_UNCHAINED);
  if (rows.length === 0) return { chained: 0, late: [] };
  const times = await lateEntriesAfter(transaction, Number(last.number));
  const chained = chain(rows, { number: Number(last.number), hash: last.hash });
  await transaction.query(CHAIN, [
    chained.map(({ entry }) => entry.id),
    chained.map(({ number }) => number),
    chained.map(({ salt }) => salt),
    chained.map(({ digest }) => digest),
    chained.map(({ hash }) => hash),
    chained.at(-1)?.number,
    chained.at(-1)?.hash,
  ]);
  if ((await transaction.query(IS_SUBSCRIBED)).rowCount === 1) await emitAll(transaction, chained);
  const late = chained.filter(({ entry }) => times.isLate(entry));
  return {
    chained: chained.length,
    late: late.map(({ entry: { id, createdAt }, number }) => ({ number, id, createdAt })),
  };
}

function chain(entries: readonly AuditContent[], last: { number: number; hash: Buffer }): ChainedEntry[] {
  let { number, hash } = last;
  return entries.map((entry) => {
    const salt = randomBytes(SALT_BYTES);
    const digest = erasableDigest(entry, salt);
    number += 1;
    hash = entryHash(entry, number, hash, digest);
    return { entry, number, salt, digest, hash };
  });
}

async function emitAll(transaction: Transaction, chained: readonly ChainedEntry[]): Promise<void> {
  await transaction.query(EMIT, [
    chained.map(() => newId()),
    chained.map(({ entry }) => `posthorn.audit.${entry.action}`),
    chained.map((each) => JSON.stringify(eventData(each))),
    chained.map(({ entry }) => entry.createdAt),
    chained.map(({ entry }) => entry.tenantId),
  ]);
}

/** Returns an entry as operators see it, without the present name of its target. */
function eventData({ entry, number, hash }: ChainedEntry): object {
  const { actorKeyId, actorPersonId, actorLinkId, actorSessionId } = entry;
  return {
    id: encodeId('auditEntry', entry.id),
    number,
    hash: hash.toString('hex'),
    tenantId: entry.tenantId && encodeId('tenant', entry.tenantId),
    actor: {
      keyId: actorKeyId && encodeId('apiKey', actorKeyId),
      personId: actorPersonId && encodeId('person', actorPersonId),
      sessionId: actorSessionId && encodeId('apiKey', actorSessionId),
      portalLinkId: actorLinkId && encodeId('apiKey', actorLinkId),
      name: entry.actorName,
    },
    action: entry.action,
    target: encodeAuditTarget(entry),
    before: entry.before === null ? null : JSON.parse(entry.before),
    after: entry.after === null ? null : JSON.parse(entry.after),
    requestId: entry.requestId,
    clientAddress: entry.clientAddress,
    createdAt: entry.createdAt.toISOString(),
  };
}
