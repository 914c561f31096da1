import { randomBytes } from 'node:crypto';
import { type Actor, encodeId, MAX_SESSION_HOURS, newId } from '@posthorn/core';
import { audit, type AuditSnapshot, changedFields } from '../audit/audit.js';
import type { PrismaTransaction } from '../prisma-client/client.js';
import { endBeyond, type PersonAccess } from './end-sessions.js';

/** What the identity provider says about a person. */
export interface ConfirmedPerson {
  email: string | null;
  name: string;
  /** Null if no rule gives the person a role. */
  access: PersonAccess | null;
  /** The time of the database when the request to the identity provider was sent. */
  checkedAt: Date;
}

export interface PersonRecord extends PersonAccess {
  id: string;
  name: string;
  isRevoked: boolean;
  checkedAt: Date;
}

/** Locks a person and returns it; null if there is none. */
export async function lockPerson(transaction: PrismaTransaction, id: string): Promise<PersonRecord | null> {
  // Separate statements: one that waits for a lock reads other tables as they were before.
  await transaction.$queryRaw`SELECT FROM api_key WHERE id = ${id}::uuid FOR UPDATE`;
  const [person] = await transaction.$queryRaw<PersonRecord[]>`
    SELECT k.id, k.name, k.role, k.tenant_ids::text[] AS "tenantIds", k.revoked_at IS NOT NULL AS "isRevoked", p.checked_at AS "checkedAt"
    FROM api_key k JOIN person p ON p.id = k.id WHERE k.id = ${id}::uuid`;
  return person ?? null;
}

/** Inserts a person who signs in for the first time, as revoked: `applyAccess` follows in the transaction, which holds the lock of the subject. */
export async function insertPerson(
  transaction: PrismaTransaction,
  { issuer, subject, name, email }: { issuer: string; subject: string } & ConfirmedPerson,
): Promise<PersonRecord> {
  const id = newId();
  const never = new Date(0);
  await transaction.$executeRaw`
    INSERT INTO api_key (id, kind, name, key_hash, prefix, scopes, role, expires_at, revoked_at)
    VALUES (${id}::uuid, 'person', ${name}, ${randomBytes(32)}, '', '{}', 'viewer', now(), now())`;
  await transaction.$executeRaw`
    INSERT INTO person (id, issuer, subject, email, checked_at) VALUES (${id}::uuid, ${issuer}, ${subject}, ${email}, ${never})`;
  return { id, name, role: 'viewer', tenantIds: null, isRevoked: true, checkedAt: never };
}

/**
 * Gives a locked person what the identity provider has confirmed, unless a newer response is stored already. What the person has beyond
 * that access ends. Returns whether the person has access.
 */
export async function applyAccess(
  transaction: PrismaTransaction,
  person: PersonRecord,
  confirmed: ConfirmedPerson,
  actor: Actor,
): Promise<boolean> {
  if (confirmed.checkedAt < person.checkedAt) return !person.isRevoked;
  const access = (await reachesTenant(transaction, confirmed.access)) ? confirmed.access : null;
  // Each time: a link may have been created while the person lost access.
  await endBeyond(transaction, person.id, person.isRevoked ? null : access);
  await store(transaction, person, { ...confirmed, access });
  await auditChange(transaction, person, { ...confirmed, access }, actor);
  return access !== null;
}

/** Returns whether there is access to a tenant that exists. A key without such a tenant is not valid. */
async function reachesTenant(transaction: PrismaTransaction, access: PersonAccess | null): Promise<boolean> {
  if (access === null || access.tenantIds === null) return access !== null;
  const tenants = await transaction.tenant.count({
    where: { id: { in: [...access.tenantIds] }, status: { not: 'deleted' } },
  });
  return tenants > 0;
}

async function store(
  transaction: PrismaTransaction,
  { id }: PersonRecord,
  { name, email, access, checkedAt }: ConfirmedPerson,
): Promise<void> {
  await transaction.$executeRaw`
    UPDATE person SET email = ${email}, checked_at = ${checkedAt} WHERE id = ${id}::uuid`;
  if (access === null)
    await transaction.$executeRaw`
      UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = ${id}::uuid`;
  else
    await transaction.$executeRaw`
      UPDATE api_key SET name = ${name}, role = ${access.role}, tenant_ids = ${access.tenantIds}::uuid[], revoked_at = NULL,
        expires_at = ${checkedAt}::timestamptz + make_interval(hours => ${MAX_SESSION_HOURS}::integer)
      WHERE id = ${id}::uuid`;
}

async function auditChange(
  transaction: PrismaTransaction,
  person: PersonRecord,
  confirmed: ConfirmedPerson,
  actor: Actor,
): Promise<void> {
  const change = changedFields(
    accessSnapshot(person.isRevoked ? null : person),
    accessSnapshot(confirmed.access),
  );
  if (change)
    await audit(transaction, actor, {
      action: 'person.changed',
      tenantId: null,
      target: person.id,
      ...change,
    });
}

const accessSnapshot = (access: PersonAccess | null): AuditSnapshot => ({
  role: access?.role ?? null,
  tenantIds: access?.tenantIds?.map((id) => encodeId('tenant', id)) ?? null,
});
