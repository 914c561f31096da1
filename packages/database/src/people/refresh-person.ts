import { SYSTEM } from '@posthorn/core';
import type pg from 'pg';
import type { PrismaDb } from '../prisma-client/client.js';
import { endLinksWithoutSession, endSessions } from './end-sessions.js';
import { applyAccess, type ConfirmedPerson, lockPerson } from './person-access.js';
import { lockSession, setSessionEnd } from './person-sessions.js';

/** A session whose person is to be confirmed by the identity provider. */
export interface DueSession {
  id: string;
  personId: string;
  subject: string;
  refreshTokenSealed: string;
  /** The time of the database. */
  claimedAt: Date;
  /** When the claim ends. It names the claim: a process that has lost its claim stores nothing in the session. */
  claimedUntil: Date;
}

// The claim ends after a minute, which is longer than all requests to the identity provider together. Then it is tried again.
const CLAIM = `
WITH due AS MATERIALIZED (
  SELECT s.id, k.parent_id, p.subject FROM person_session s JOIN api_key k ON k.id = s.id JOIN person p ON p.id = k.parent_id
  WHERE s.refresh_at <= now() AND p.issuer = $1 AND k.expires_at > now()
  ORDER BY s.refresh_at LIMIT $2 FOR NO KEY UPDATE OF s SKIP LOCKED
)
UPDATE person_session s SET refresh_at = now() + interval '1 minute' FROM due WHERE s.id = due.id
RETURNING s.id, due.parent_id AS "personId", due.subject, s.refresh_token_sealed AS "refreshTokenSealed", now() AS "claimedAt",
  s.refresh_at AS "claimedUntil"`;

/** Claims sessions whose person is to be confirmed. Each is claimed by one process at a time. */
export async function claimDueSessions(
  pool: pg.Pool,
  { issuer, limit }: { issuer: string; limit: number },
): Promise<DueSession[]> {
  return (await pool.query<DueSession>(CLAIM, [issuer, limit])).rows;
}

const KEEP_TOKEN = `UPDATE person_session SET refresh_token_sealed = $3 WHERE id = $1 AND refresh_at = $2`;

/**
 * Stores the refresh token that replaces the one of a claim, before anything else can fail: many identity providers accept each token once,
 * and end the grant at a repeat. Does nothing if the claim is lost or the session has ended.
 */
export async function keepRefreshToken(
  pool: pg.Pool,
  { id, claimedUntil }: DueSession,
  refreshTokenSealed: string,
): Promise<void> {
  await pool.query(KEEP_TOKEN, [id, claimedUntil, refreshTokenSealed]);
}

interface Refreshed {
  person: Omit<ConfirmedPerson, 'checkedAt'>;
  refreshSeconds: number;
}

/** `superseded`: the claim is lost, so that another process confirms the session. */
type RefreshOutcome = 'confirmed' | 'access_lost' | 'ended' | 'superseded';

/** Stores what the identity provider has confirmed of the person, and of the session while it is claimed. */
export async function confirmPersonSession(
  prisma: PrismaDb,
  { id, personId, claimedAt, claimedUntil }: DueSession,
  { person: confirmed, refreshSeconds }: Refreshed,
): Promise<RefreshOutcome> {
  return prisma.$transaction(async (transaction) => {
    const person = await lockPerson(transaction, personId);
    if (person === null) return 'ended';
    // Also if the session has ended: portal links of the person work without one.
    const isActive = await applyAccess(transaction, person, { ...confirmed, checkedAt: claimedAt }, SYSTEM);
    if (!isActive) return 'access_lost';
    if (!(await lockSession(transaction, id))) return 'ended';
    const stored = await transaction.$executeRaw`
      UPDATE person_session SET confirmed_at = greatest(confirmed_at, ${claimedAt}::timestamptz),
        refresh_at = now() + make_interval(secs => ${refreshSeconds}::integer)
      WHERE id = ${id}::uuid AND refresh_at = ${claimedUntil}::timestamptz`;
    if (stored === 0) return 'superseded';
    await setSessionEnd(transaction, id);
    return 'confirmed';
  });
}

/** Ends a claimed session whose refresh token the identity provider does not accept any more. */
export async function endGrant(
  prisma: PrismaDb,
  { id, personId, claimedUntil }: DueSession,
): Promise<'ended' | 'superseded'> {
  return prisma.$transaction(async (transaction) => {
    await lockPerson(transaction, personId);
    const claimed = await transaction.$queryRaw<object[]>`
      SELECT FROM person_session WHERE id = ${id}::uuid AND refresh_at = ${claimedUntil}::timestamptz`;
    if (claimed.length === 0) return 'superseded';
    await endSessions(transaction, [id], 'grant_ended');
    await endLinksWithoutSession(transaction, personId, 'grant_ended');
    return 'ended';
  });
}
