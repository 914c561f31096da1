import { type Role, ROLES } from '@posthorn/core';
import { insertAuditEntries } from '../audit/insert-audit-entries.js';
import type { PrismaTransaction } from '../prisma-client/client.js';

/** What a person may do. */
export interface PersonAccess {
  role: Role;
  /** Null for all tenants. */
  tenantIds: readonly string[] | null;
}

/** Why sessions of a person end without them. */
type SessionEndReason =
  /** A logout by the identity provider. */
  | 'logged_out'
  /** The identity provider has revoked the refresh token, or it has expired. */
  | 'grant_ended'
  /** The person has no access any more. */
  | 'access_lost';

const deleteSessions = (condition: string): string => `
WITH ended AS (
  DELETE FROM api_key WHERE ${condition} AND kind = 'session' RETURNING id, tenant_id, name
)
${insertAuditEntries('session.ended', {
  from: 'ended',
  before: `'{}'::jsonb`,
  after: `jsonb_build_object('reason', $2::text, 'name', name)`,
})}`;

const END_SESSIONS = deleteSessions('id = ANY ($1::uuid[])');
const END_ALL_SESSIONS = deleteSessions('parent_id = $1::uuid');

/** Deletes sessions, with an audit entry for each. The transaction has locked their person. Returns how many there were. */
export const endSessions = (
  transaction: PrismaTransaction,
  ids: readonly string[],
  reason: SessionEndReason,
): Promise<number> => transaction.$executeRawUnsafe(END_SESSIONS, [...ids], reason);

const HAS_SESSION = `EXISTS (SELECT FROM api_key WHERE parent_id = $1::uuid AND kind = 'session' AND expires_at > now())`;

const endLinks = (condition: string): string => `
WITH ended AS (
  UPDATE api_key SET revoked_at = now()
  WHERE parent_id = $1::uuid AND kind = 'portal' AND revoked_at IS NULL AND expires_at > now() AND ${condition}
  RETURNING id, tenant_id
)
${insertAuditEntries('portal_link.ended', {
  from: 'ended',
  before: `'{}'::jsonb`,
  after: `jsonb_build_object('reason', $2::text)`,
})}`;

const END_LINKS_BEYOND = endLinks(
  '(role = ANY ($3::text[]) AND ($4::uuid[] IS NULL OR tenant_id = ANY ($4::uuid[]))) IS NOT TRUE',
);
const END_LINKS_WITHOUT_SESSION = endLinks(`NOT ${HAS_SESSION}`);

/**
 * Ends what a person, whom the transaction has locked, has beyond their access: portal links with a higher role or to other tenants, and
 * without access also the others and all sessions.
 */
export async function endBeyond(
  transaction: PrismaTransaction,
  personId: string,
  access: PersonAccess | null,
): Promise<void> {
  const reason: SessionEndReason = 'access_lost';
  if (access === null) await transaction.$executeRawUnsafe(END_ALL_SESSIONS, personId, reason);
  const roles = access === null ? [] : ROLES.slice(0, ROLES.indexOf(access.role) + 1);
  const tenantIds = access?.tenantIds ?? null;
  await transaction.$executeRawUnsafe(END_LINKS_BEYOND, personId, reason, roles, tenantIds);
}

/** Ends the portal links of a person, whom the transaction has locked, if the identity provider has ended their last session. */
export async function endLinksWithoutSession(
  transaction: PrismaTransaction,
  personId: string,
  reason: SessionEndReason,
): Promise<void> {
  await transaction.$executeRawUnsafe(END_LINKS_WITHOUT_SESSION, personId, reason);
}
