import { MAX_SESSION_HOURS } from '@posthorn/core';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';

/** Returns the email address of a person, or null. */
export async function findPersonEmail(prisma: PrismaDb, id: string): Promise<string | null> {
  const person = await prisma.person.findUnique({ where: { id }, select: { email: true } });
  return person?.email ?? null;
}

/** Extends a session to 30 minutes from now, within its other limits. Does nothing if it has ended. */
export async function extendPersonSession(prisma: PrismaDb, id: string): Promise<void> {
  await prisma.$transaction(async (transaction) => {
    if (!(await lockSession(transaction, id))) return;
    await transaction.$executeRaw`UPDATE person_session SET active_at = now() WHERE id = ${id}::uuid`;
    await setSessionEnd(transaction, id);
  });
}

/**
 * Locks a session that has not ended. Returns false if there is none. Every transaction that changes sessions locks their person first, if it
 * locks the person at all, and then `api_key` before `person_session`.
 */
export async function lockSession(transaction: PrismaTransaction, id: string): Promise<boolean> {
  const rows = await transaction.$queryRaw<object[]>`
    SELECT FROM api_key WHERE id = ${id}::uuid AND kind = 'session' AND expires_at > now() FOR UPDATE`;
  return rows.length > 0;
}

/**
 * Sets the end of a session: 12 hours after the sign-in, 60 minutes after the identity provider last confirmed it, or 30 minutes after its
 * last activity, whichever is first.
 */
export async function setSessionEnd(transaction: PrismaTransaction, id: string): Promise<void> {
  await transaction.$executeRaw`
    UPDATE api_key k SET expires_at = least(
      k.created_at + make_interval(hours => ${MAX_SESSION_HOURS}::integer),
      s.confirmed_at + interval '60 minutes',
      s.active_at + interval '30 minutes'
    )
    FROM person_session s WHERE s.id = k.id AND k.id = ${id}::uuid`;
}
