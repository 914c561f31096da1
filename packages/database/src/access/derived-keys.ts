import {
  type Actor,
  type ApiKeyKind,
  type AuditAction,
  type PortalFeature,
  PosthornError,
  type Role,
} from '@posthorn/core';
import { keyColumns, type NewApiKey } from './api-keys.js';
import { audit, type AuditRecord } from '../audit/audit.js';
import { recordRepeated } from '../audit/audit-repeats.js';
import { deleteOldestSessions } from './delete-oldest-sessions.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { reserveQuota } from '../tenancy/quotas.js';
import type { ActiveApiKey } from './find-active-api-keys.js';

/** A session, with the rights of the key that created it, or a portal link. Valid until `expiresAt`, but no longer than that key. */
interface DerivedKey extends Omit<NewApiKey, 'expiresAt' | 'scopes'> {
  kind: 'session' | 'portal';
  parentId: string;
  expiresAt: Date;
}

const ACTIONS: Record<DerivedKey['kind'], { created: AuditAction; ended: AuditAction }> = {
  session: { created: 'session.created', ended: 'session.ended' },
  portal: { created: 'portal_link.created', ended: 'portal_link.ended' },
};

/** The key of a portal link, which counts toward the quota of its tenant. */
interface PortalKey extends DerivedKey {
  kind: 'portal';
  tenantId: string;
  role: Role;
  /** The quota of portal links of a tenant without its own. */
  defaultQuota: number;
  features: readonly PortalFeature[];
  /** What its page reads: appearance, language and embedding. */
  settings: object;
}

const HOUR_MS = 3_600_000;

/** Creates a session. */
export async function createSessionKey(
  prisma: PrismaDb,
  session: DerivedKey & { kind: 'session' },
  actor: Actor,
): Promise<void> {
  await prisma.$transaction(async (transaction) => {
    await deleteOldestSessions(transaction, session.parentId);
    await insertDerivedKey(transaction, session);
    await audit(transaction, actor, creationOf(session));
  });
}

/**
 * Creates the key of a portal link.
 * @throws PosthornError if the tenant has as many valid links as it may have, or if the session that creates the link has ended
 */
export async function createPortalKey(
  prisma: PrismaDb,
  { defaultQuota, features, settings, ...key }: PortalKey,
  actor: Actor,
): Promise<void> {
  const portal = { portalFeatures: [...features], portalSettings: settings };
  await prisma.$transaction(async (transaction) => {
    // Locks the tenant, so that links are counted one after another.
    await reserveQuota(transaction, { resource: 'portalLinks', tenantId: key.tenantId, defaultQuota });
    if (actor.sessionId !== null) await requireSession(transaction, actor.sessionId, key.parentId);
    await insertDerivedKey(transaction, { ...key, portal });
    const creation = creationOf(key, { features: portal.portalFeatures });
    if (actor.sessionId === null) await countCreation(transaction, actor, creation);
    else await audit(transaction, actor, creation);
  });
}

/**
 * Verifies that a session still exists. A logout locks the person before it ends sessions and links, so either it finds the new link, or the
 * session is gone.
 */
async function requireSession(
  transaction: PrismaTransaction,
  sessionId: string,
  parentId: string,
): Promise<void> {
  await transaction.$queryRaw`SELECT FROM api_key WHERE id = ${parentId}::uuid FOR KEY SHARE`;
  // A separate statement: it has to see what was committed while the lock was awaited.
  const session = await transaction.$queryRaw<object[]>`
    SELECT FROM api_key WHERE id = ${sessionId}::uuid AND expires_at > now()`;
  if (session.length === 0) throw new PosthornError('unauthorized');
}

/**
 * Records the creation of a link by an application, which creates one for each visit: such links of the same maker and tenant share two
 * entries of an hour, one for the first of them and one for the others. Those that a person creates have an entry each.
 */
async function countCreation(
  transaction: PrismaTransaction,
  actor: Actor,
  record: AuditRecord,
): Promise<void> {
  const { expiresAt: _, ...kept } = record.after ?? {};
  const sameness = [actor.keyId ?? actor.personId, record.tenantId, kept];
  const { text, values } = recordRepeated({ record, actor, sameness, periodMs: HOUR_MS, isCounted: true });
  await transaction.$executeRawUnsafe(text, ...values);
}

interface PortalColumns {
  portalFeatures: PortalFeature[];
  portalSettings: object;
}

async function insertDerivedKey(
  transaction: PrismaTransaction,
  { kind, parentId, portal, ...key }: DerivedKey & { portal?: PortalColumns },
): Promise<void> {
  await transaction.apiKey.create({
    data: { ...keyColumns({ ...key, scopes: [] }), kind, parentId, ...portal },
  });
}

/** Returns the audit record of a new session or link. */
const creationOf = (
  { id, kind, tenantId, role, expiresAt }: DerivedKey,
  link?: { features: PortalFeature[] },
): AuditRecord => ({
  action: ACTIONS[kind].created,
  tenantId,
  target: id,
  before: null,
  after: { expiresAt: expiresAt.toISOString(), ...(link && { role, ...link, count: 1 }) },
});

/** Deletes a session or portal key, and records it in the audit log. */
export async function deleteDerivedKey(
  prisma: PrismaDb,
  { id, kind, tenantId }: ActiveApiKey & Pick<DerivedKey, 'kind'>,
  actor: Actor,
): Promise<void> {
  await prisma.$transaction(async (transaction) => {
    const { count } = await transaction.apiKey.deleteMany({ where: { id, kind } });
    if (count === 0) return;
    const record = { action: ACTIONS[kind].ended, tenantId, target: id, before: {}, after: null };
    await audit(transaction, actor, record);
  });
}

/** A portal link, with the key or person that created it. */
export interface PortalLinkRecord {
  id: string;
  tenantId: string | null;
  role: string | null;
  portalFeatures: string[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  parent: {
    id: string;
    kind: ApiKeyKind;
    tenantId: string | null;
    expiresAt: Date | null;
    revokedAt: Date | null;
  } | null;
}

const PORTAL_LINK = {
  id: true,
  tenantId: true,
  role: true,
  portalFeatures: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
  parent: { select: { id: true, kind: true, tenantId: true, expiresAt: true, revokedAt: true } },
} as const;

/** Returns portal links, newest first, until they are deleted 7 days after they expired. @param tenantId null for all tenants */
export async function listPortalLinks(
  prisma: PrismaDb,
  tenantId: string | null,
  { limit, cursor }: PageRequest,
): Promise<Page<PortalLinkRecord>> {
  const rows = await prisma.apiKey.findMany({
    where: {
      kind: 'portal',
      ...(tenantId !== null && { tenantId }),
      ...(cursor !== undefined && { id: { lt: cursor } }),
    },
    select: PORTAL_LINK,
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

/** Revokes a portal link, effective immediately. Its page can still lead back to its application. @returns false if there is none */
export async function revokePortalLink(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
  actor: Actor,
): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const where = { id, kind: 'portal', ...(tenantId !== null && { tenantId }) } as const;
    const { count } = await transaction.apiKey.updateMany({
      where: { ...where, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    const link = await transaction.apiKey.findFirst({ where, select: { tenantId: true } });
    if (count > 0 && link)
      await audit(transaction, actor, {
        action: 'portal_link.ended',
        tenantId: link.tenantId,
        target: id,
        before: {},
        after: null,
      });
    return link !== null;
  });
}
