import type { PrismaTransaction } from '../prisma-client/client.js';

/** Whom a sign-in or a logout concerns, as the identity provider names them. */
export interface ProviderSession {
  issuer: string;
  /** Null if a logout names only the session. */
  subject: string | null;
  /** The session at the identity provider. Null if it is not named. */
  sid: string | null;
}

/**
 * Locks the names of a person and of a session until the transaction ends, so that either a logout finds the session of a sign-in, or the
 * sign-in finds the logout. They may have no row yet.
 */
export async function lockSignIn(
  transaction: PrismaTransaction,
  { issuer, subject, sid }: ProviderSession,
): Promise<void> {
  if (subject !== null) await lockName(transaction, 'subject', [issuer, subject]);
  if (sid !== null) await lockName(transaction, 'sid', [issuer, sid]);
}

async function lockName(transaction: PrismaTransaction, kind: string, names: string[]): Promise<void> {
  const name = JSON.stringify([kind, ...names]);
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
