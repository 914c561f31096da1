import { setTimeout as sleep } from 'node:timers/promises';
import type { Sealer } from '@posthorn/core';
import type pg from 'pg';
import { insertAuditEntries, OPERATOR_SQL } from '../audit/insert-audit-entries.js';
import {
  assertKeys,
  IS_IN_USE,
  KEY_SETTINGS,
  type KeyPurpose,
  listRegisteredKeys,
  type RegisteredKey,
  registerKey,
} from './encryption-keys.js';
import { deleteTokens } from './delete-tokens.js';
import { resealCertificates } from './reseal-certificates.js';
import { resealDataKeys } from './reseal-data-keys.js';
import { resealProxies } from './reseal-proxies.js';
import { resealReceipts } from './reseal-receipts.js';
import { resealResponses } from './reseal-responses.js';
import { resealSessions } from './reseal-sessions.js';
import { resealSetting } from './reseal-setting.js';
import { resealWebhooks } from './reseal-webhooks.js';
import type { ResealedBatch } from './resealed.js';
import { countSealed, SEALED_VALUES } from './sealed-values.js';

/** Everything in `SEALED_VALUES`. */
const RESEAL: Record<KeyPurpose, ((pool: pg.Pool, sealer: Sealer) => AsyncGenerator<ResealedBatch>)[]> = {
  encryption: [
    resealSetting('hash_key'),
    resealWebhooks,
    deleteTokens,
    resealProxies,
    resealCertificates,
    resealSessions,
    resealResponses,
    resealReceipts,
  ],
  payload: [resealSetting('notification_key'), resealDataKeys],
};

export type RotationStep =
  /** Processes that seal with another key were running a moment ago. */
  | { kind: 'waiting'; keyIds: string[] }
  /** `count` more values are sealed with the first key. */
  | { kind: 'resealed'; count: number }
  /** Keys that are not needed any more. The last step. */
  | { kind: 'retired'; keyIds: string[] };

/** A rotation that cannot end. The message says what to do. */
class RotationError extends Error {
  override readonly name = 'RotationError';
}

export interface Rotation {
  pool: pg.Pool;
  purpose: KeyPurpose;
  /** Its first key seals from now on. */
  sealer: Sealer;
  pauseMs?: number;
}

/** Passes without a change after which what remains is reported: rows that are locked or cannot be opened. */
const MAX_IDLE_PASSES = 5;

/**
 * Seals everything of a purpose with the first key of the sealer, while processes run, and retires the other keys. Each batch is one
 * statement that changes only what is still as it was read, so a rotation may be killed at any line and run again, also twice at a time.
 * @throws RotationError if processes seal with another key, or if values remain
 */
export async function* rotateKeys(rotation: Rotation): AsyncGenerator<RotationStep> {
  const { pool, purpose, sealer } = rotation;
  await assertKeys(pool, purpose, sealer);
  const retired: string[] = [];
  do {
    yield* waitForOthers(rotation);
    await registerKey(pool, purpose, sealer);
    yield* resealAll(rotation);
    retired.push(...(await retireKeys(rotation)));
    // A process may have started meanwhile.
  } while ((await listOthers(rotation)).length > 0);
  yield { kind: 'retired', keyIds: retired };
}

async function listOthers({ pool, purpose, sealer }: Rotation): Promise<RegisteredKey[]> {
  const keys = await listRegisteredKeys(pool);
  return keys.filter((key) => key.purpose === purpose && key.id !== sealer.keyId);
}

/** Waits until no process seals with another key. One that has stopped is known to a minute. */
async function* waitForOthers(rotation: Rotation): AsyncGenerator<RotationStep> {
  const { purpose, pauseMs = 1000 } = rotation;
  const firstSeen = new Map<string, number>();
  for (;;) {
    const others = (await listOthers(rotation)).filter(({ isInUse }) => isInUse);
    if (others.length === 0) return;
    for (const { id, usedAt } of others) {
      const seen = firstSeen.get(id) ?? usedAt.getTime();
      firstSeen.set(id, seen);
      if (usedAt.getTime() > seen)
        throw new RotationError(
          `A process still seals with the key ${id}: start all processes with ${KEY_SETTINGS[purpose]}=new,old, then run this again`,
        );
    }
    yield { kind: 'waiting', keyIds: others.map(({ id }) => id) };
    await sleep(pauseMs);
  }
}

async function* resealAll(rotation: Rotation): AsyncGenerator<RotationStep> {
  const { pool, purpose, sealer, pauseMs = 1000 } = rotation;
  for (let idlePasses = 0; ;) {
    let count = 0;
    const unreadable: string[] = [];
    for (const resealEach of RESEAL[purpose])
      for await (const batch of resealEach(pool, sealer)) {
        count += batch.resealed;
        unreadable.push(...batch.unreadable);
        if (batch.resealed > 0) yield { kind: 'resealed', count: batch.resealed };
      }
    const remaining = await countRemaining(rotation);
    if (remaining === 0) return;
    idlePasses = count > 0 ? 0 : idlePasses + 1;
    if (idlePasses === MAX_IDLE_PASSES) throw new RotationError(describeRemaining(remaining, unreadable));
    await sleep(pauseMs);
  }
}

/** Returns how many values other keys than the first one have sealed. */
export async function countRemaining({ pool, purpose, sealer }: Rotation): Promise<number> {
  return (await countSealed(pool))
    .filter((sealed) => sealed.purpose === purpose && sealed.keyId !== sealer.keyId)
    .reduce((sum, { count }) => sum + count, 0);
}

const MAX_NAMED = 5;

function describeRemaining(remaining: number, unreadable: readonly string[]): string {
  const values = remaining === 1 ? '1 value is' : `${remaining} values are`;
  if (unreadable.length === 0) return `${values} locked by another transaction: run this again later`;
  const others = unreadable.length > MAX_NAMED ? ` and ${unreadable.length - MAX_NAMED} others` : '';
  const named = unreadable.slice(0, MAX_NAMED).join(', ');
  return `${values} still sealed with another key. These cannot be opened, so replace or delete them: ${named}${others}`;
}

// now() is the time before the values are read. A process that seals one afterwards has reported its key within the last minute.
const RETIRE = `
WITH sealed AS (${SEALED_VALUES}), retired AS (
  DELETE FROM encryption_key k
  WHERE k.purpose = $1 AND k.id <> $2 AND NOT ${IS_IN_USE}
    AND NOT EXISTS (SELECT FROM sealed s WHERE s.purpose = k.purpose AND s.key_id = k.id)
  RETURNING k.id, k.purpose, NULL::uuid AS tenant_id
), audited AS (${insertAuditEntries('encryption_key.rotated', {
  from: 'retired',
  actor: OPERATOR_SQL,
  before: `jsonb_build_object('purpose', purpose, 'keyId', id)`,
  after: `jsonb_build_object('purpose', purpose, 'keyId', $2::text)`,
})}
)
SELECT id FROM retired ORDER BY id`;

/** Removes the other keys that have sealed nothing that is left, with an audit entry for each. Returns their ids. */
async function retireKeys({ pool, purpose, sealer }: Rotation): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(RETIRE, [purpose, sealer.keyId]);
  return rows.map(({ id }) => id);
}
