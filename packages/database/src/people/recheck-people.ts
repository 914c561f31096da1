import { SYSTEM } from '@posthorn/core';
import type { PrismaDb } from '../prisma-client/client.js';
import { applyAccess, lockPerson } from './person-access.js';

/**
 * Applies the settings of single sign-on to people who signed in before: those of the issuer are confirmed again, and the others lose
 * access. A repeat continues what was interrupted.
 * @param issuer null without single sign-on: all people lose access
 */
export async function recheckPeople(prisma: PrismaDb, issuer: string | null): Promise<void> {
  const others = await prisma.$queryRaw<FormerPerson[]>`
    SELECT p.id, p.email FROM person p JOIN api_key k ON k.id = p.id
    WHERE k.revoked_at IS NULL AND p.issuer IS DISTINCT FROM ${issuer}::text ORDER BY p.id`;
  for (const person of others) await revoke(prisma, person);
  if (issuer !== null) await makeDue(prisma, issuer);
}

interface FormerPerson {
  id: string;
  email: string | null;
}

async function revoke(prisma: PrismaDb, { id, email }: FormerPerson): Promise<void> {
  await prisma.$transaction(async (transaction) => {
    const person = await lockPerson(transaction, id);
    if (person === null) return;
    // Later than a response that another process waits for.
    const [time] = await transaction.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
    const checkedAt = time?.now ?? person.checkedAt;
    await applyAccess(transaction, person, { name: person.name, email, access: null, checkedAt }, SYSTEM);
  });
}

/** Leaves those that are due within a minute: a claim ends then, and its refresh token may have been sent already. */
async function makeDue(prisma: PrismaDb, issuer: string): Promise<void> {
  await prisma.$executeRaw`
    WITH later AS MATERIALIZED (
      SELECT s.id FROM person_session s JOIN api_key k ON k.id = s.id JOIN person p ON p.id = k.parent_id
      WHERE p.issuer = ${issuer} AND s.refresh_at > now() + interval '1 minute' ORDER BY s.id FOR NO KEY UPDATE OF s
    )
    UPDATE person_session s SET refresh_at = now() FROM later WHERE s.id = later.id`;
}
