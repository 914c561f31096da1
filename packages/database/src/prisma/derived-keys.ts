import { type Actor, type ApiKeyKind, type AuditAction, type PortalFeature } from '@posthorn/core';
import { keyColumns, type NewApiKey } from './api-keys.js';
import { audit } from './audit.js';
import type { PrismaDb, PrismaTransaction } from './client.js';
import { reserveQuota } from './quotas.js';
import type { ActiveApiKey } from '../sql/find-active-api-keys.js';

/** A session or portal link. Valid until `expiresAt`, but no longer than the key that created it. */
export interface DerivedKey extends Omit<NewApiKey, 'expiresAt'> {
  kind: Exclude<ApiKeyKind, 'key'>;
  parentId: string;
  expiresAt: Date;
}

const ACTIONS: Record<DerivedKey['kind'], { created: AuditAction; ended: AuditAction }> = {
  session: { created: 'session.created', ended: 'session.ended' },
  portal: { created: 'portal_link.created', ended: 'portal_link.ended' },
};

/** The key of a portal link, which counts toward the quota of its tenant. */
export interface PortalKey extends DerivedKey {
  kind: 'portal';
  tenantId: string;
  /** The quota of portal links of a tenant without one of its own. */
  defaultQuota: number;
  features: readonly PortalFeature[];
  /** What its page reads: appearance, language and embedding. */
  settings: object;
}

/** Creates a session. */
export async function createSessionKey(
  prisma: PrismaDb,
  session: DerivedKey & { kind: 'session' },
  actor: Actor,
): Promise<void> {
  await prisma.$transaction((transaction) => insertDerivedKey(transaction, session, actor));
}

/** Creates the key of a portal link. @throws PosthornError if the tenant has as many valid links as it may have */
export async function createPortalKey(
  prisma: PrismaDb,
  { defaultQuota, features, settings, ...key }: PortalKey,
  actor: Actor,
): Promise<void> {
  const portal = { portalFeatures: [...features], portalSettings: settings };
  await prisma.$transaction(async (transaction) => {
    await reserveQuota(transaction, { resource: 'portalLinks', tenantId: key.tenantId, defaultQuota });
    await insertDerivedKey(transaction, { ...key, portal }, actor);
  });
}

interface PortalColumns {
  portalFeatures: PortalFeature[];
  portalSettings: object;
}

async function insertDerivedKey(
  transaction: PrismaTransaction,
  { kind, parentId, portal, ...key }: DerivedKey & { portal?: PortalColumns },
  actor: Actor,
): Promise<void> {
  const { id, tenantId, scopes, expiresAt } = key;
  await transaction.apiKey.create({ data: { ...keyColumns(key), kind, parentId, ...portal } });
  await audit(transaction, actor, {
    action: ACTIONS[kind].created,
    tenantId,
    target: id,
    before: null,
    after: {
      scopes,
      expiresAt: expiresAt.toISOString(),
      ...(portal && { features: portal.portalFeatures }),
    },
  });
}

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
