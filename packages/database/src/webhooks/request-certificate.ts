import type { Actor, StoredCertificates } from '@posthorn/core';
import { audit, type AuditSnapshot } from '../audit/audit.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { lockTenant } from '../tenancy/lock-tenant.js';
import { type CertificateOwner, storeCertificateRequest } from './certificates.js';
import { lockWebhook } from './change-webhook.js';
import type { WebhookTarget } from './find-webhooks.js';

interface NewCertificateRequest {
  /** The certificate signing request, in PEM, and its private key. */
  request: StoredCertificates;
  /** For the audit log. */
  shown: AuditSnapshot;
  actor: Actor;
}

/** Stores a certificate signing request of a webhook, in place of the last one. Returns false if the webhook does not exist. */
export async function storeWebhookRequest(
  prisma: PrismaDb,
  target: WebhookTarget,
  { request, shown, actor }: NewCertificateRequest,
): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const locked = await lockWebhook(transaction, target);
    if (!locked) return false;
    const { id, tenantId } = locked.webhook;
    const owner: CertificateOwner = { tenantId, webhookId: id };
    await storeCertificateRequest(transaction, owner, request);
    const action = 'webhook.certificate_requested';
    await audit(transaction, actor, { action, tenantId, target: id, before: null, after: shown });
    return true;
  });
}

/** The same for a tenant. Returns false if it does not exist or is deleted. */
export async function storeTenantRequest(
  prisma: PrismaDb,
  tenantId: string,
  { request, shown, actor }: NewCertificateRequest,
): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    await lockTenant(transaction, tenantId);
    const where = { id: tenantId, status: { not: 'deleted' } } as const;
    if ((await transaction.tenant.count({ where })) === 0) return false;
    await storeCertificateRequest(transaction, { tenantId, webhookId: null }, request);
    const action = 'tenant.certificate_requested';
    await audit(transaction, actor, { action, tenantId, target: tenantId, before: null, after: shown });
    return true;
  });
}
