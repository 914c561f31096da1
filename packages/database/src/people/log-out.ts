import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { endLinksWithoutSession, endSessions } from './end-sessions.js';
import { lockSignIn, type ProviderSession } from './lock-sign-in.js';

/** A logout by the identity provider: of one session, or of all sessions of a person. */
interface ProviderLogout extends ProviderSession {
  /** Names the logout: each is accepted once. */
  jti: string;
}

/** Ends the sessions of a logout. Returns false if the same logout was accepted before. */
export async function logOut(prisma: PrismaDb, logout: ProviderLogout): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    await lockSignIn(transaction, logout);
    const { count } = await transaction.oidcLogout.createMany({ data: logout, skipDuplicates: true });
    if (count === 0) return false;
    const people = await lockPeople(transaction, logout);
    const sessions = await sessionsOf(transaction, logout);
    await endSessions(
      transaction,
      sessions.map(({ id }) => id),
      'logged_out',
    );
    for (const personId of people) await endLinksWithoutSession(transaction, personId, 'logged_out');
    return true;
  });
}

/** Locks the person who is named, and the people whose sessions end, in the order of their ids. Returns the ids. */
async function lockPeople(transaction: PrismaTransaction, logout: ProviderLogout): Promise<string[]> {
  const { issuer, subject } = logout;
  const named =
    subject === null
      ? []
      : await transaction.person.findMany({ where: { issuer, subject }, select: { id: true } });
  const sessions = await sessionsOf(transaction, logout);
  const ids = [...new Set([...named.map(({ id }) => id), ...sessions.map(({ personId }) => personId)])];
  await transaction.$queryRaw`SELECT FROM api_key WHERE id = ANY (${ids}::uuid[]) ORDER BY id FOR UPDATE`;
  return ids;
}

/** A session of which the identity provider has not named its own belongs to each logout of its person. */
const sessionsOf = (
  transaction: PrismaTransaction,
  { issuer, subject, sid }: ProviderLogout,
): Promise<{ id: string; personId: string }[]> => transaction.$queryRaw`
  SELECT s.id, p.id AS "personId" FROM person_session s JOIN api_key k ON k.id = s.id JOIN person p ON p.id = k.parent_id
  WHERE p.issuer = ${issuer} AND (${subject}::text IS NULL OR p.subject = ${subject})
    AND (${sid}::text IS NULL OR s.sid = ${sid} OR ${subject}::text IS NOT NULL AND s.sid IS NULL)`;
