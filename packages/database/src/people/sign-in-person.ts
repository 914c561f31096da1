import { type Actor, hashApiKey, SYSTEM } from '@posthorn/core';
import { audit } from '../audit/audit.js';
import { deleteOldestSessions } from '../access/delete-oldest-sessions.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { lockSignIn } from './lock-sign-in.js';
import {
  applyAccess,
  type ConfirmedPerson,
  insertPerson,
  lockPerson,
  type PersonRecord,
} from './person-access.js';
import { setSessionEnd } from './person-sessions.js';

/** A person that an identity provider has authenticated, and the session to create. */
interface PersonSignIn {
  person: ConfirmedPerson & { issuer: string; subject: string };
  session: {
    id: string;
    key: string;
    /** The session at the identity provider. */
    sid: string | null;
    refreshTokenSealed: string | null;
    refreshSeconds: number;
  };
  /** When the person was sent to the identity provider. */
  begunAt: Date;
  origin: Pick<Actor, 'requestId' | 'clientAddress'>;
}

type SignInResult =
  | { status: 'signed_in' }
  /** No rule gives the person a role, or only for tenants that do not exist. */
  | { status: 'no_access' }
  /** The identity provider has ended the sign-in meanwhile. */
  | { status: 'logged_out' };

/** Stores what the identity provider has confirmed, and creates a session if the person has access. */
export async function signInPerson(prisma: PrismaDb, signIn: PersonSignIn): Promise<SignInResult> {
  const { issuer, subject } = signIn.person;
  const { sid } = signIn.session;
  return prisma.$transaction(async (transaction) => {
    await lockSignIn(transaction, { issuer, subject, sid });
    const known = await findPerson(transaction, issuer, subject);
    if (known === null && signIn.person.access === null) return { status: 'no_access' };
    const person = known ?? (await insertPerson(transaction, signIn.person));
    const actor = { ...SYSTEM, personId: person.id, name: signIn.person.name, ...signIn.origin };
    if (!(await applyAccess(transaction, person, signIn.person, actor))) return { status: 'no_access' };
    if (await isLoggedOut(transaction, signIn)) return { status: 'logged_out' };
    await insertSession(transaction, person, signIn, actor);
    return { status: 'signed_in' };
  });
}

async function findPerson(
  transaction: PrismaTransaction,
  issuer: string,
  subject: string,
): Promise<PersonRecord | null> {
  const person = await transaction.person.findUnique({
    where: { issuer_subject: { issuer, subject } },
    select: { id: true },
  });
  return person && lockPerson(transaction, person.id);
}

/**
 * A session that was logged out never begins again. A logout of all sessions of a person concerns the sign-ins that were begun before it. So
 * does the logout of one session, if the provider has not named the session of the sign-in.
 */
async function isLoggedOut(
  transaction: PrismaTransaction,
  { person: { issuer, subject }, session: { sid }, begunAt }: PersonSignIn,
): Promise<boolean> {
  const ofPerson = { subject, receivedAt: { gte: begunAt } };
  const logouts = await transaction.oidcLogout.count({
    where: {
      issuer,
      OR: sid === null ? [ofPerson] : [{ sid }, { ...ofPerson, sid: null }],
    },
  });
  return logouts > 0;
}

async function insertSession(
  transaction: PrismaTransaction,
  { id: parentId }: PersonRecord,
  { person: { name, checkedAt }, session }: PersonSignIn,
  actor: Actor,
): Promise<void> {
  const { id, key, sid, refreshTokenSealed, refreshSeconds } = session;
  await deleteOldestSessions(transaction, parentId);
  await transaction.$executeRaw`
    INSERT INTO api_key (id, kind, parent_id, name, key_hash, prefix, scopes)
    VALUES (${id}::uuid, 'session', ${parentId}::uuid, ${name}, ${hashApiKey(key)}, '', '{}')`;
  await transaction.$executeRaw`
    INSERT INTO person_session (id, sid, refresh_token_sealed, refresh_at, confirmed_at, active_at)
    VALUES (${id}::uuid, ${sid}, ${refreshTokenSealed},
      CASE WHEN ${refreshTokenSealed}::text IS NOT NULL THEN now() + make_interval(secs => ${refreshSeconds}::integer) END,
      ${checkedAt}, now())`;
  await setSessionEnd(transaction, id);
  const { expiresAt } = await transaction.apiKey.findUniqueOrThrow({
    where: { id },
    select: { expiresAt: true },
  });
  await audit(transaction, actor, {
    action: 'session.created',
    tenantId: null,
    target: id,
    before: null,
    after: { expiresAt: expiresAt?.toISOString() },
  });
}
