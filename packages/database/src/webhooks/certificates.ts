import {
  type CertificateDetails,
  type CertificateKind,
  type ConnectionCertificates,
  PosthornError,
  reason,
  type StoredCertificates,
} from '@posthorn/core';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { toJson } from '../prisma-client/json.js';

/** A webhook, or a tenant for its webhooks without their own certificates. */
export interface CertificateOwner {
  tenantId: string;
  /** Null for the tenant. */
  webhookId: string | null;
}

/** Certificates to store. */
export interface NewCertificates extends StoredCertificates {
  /** In the order of the PEM. */
  details: CertificateDetails[];
}

/** The certificates to set. Undefined keeps them, null removes them. */
export interface CertificateChange {
  client?: NewCertificates | null | undefined;
  ca?: NewCertificates | null | undefined;
}

/** Certificates without what only connections need. */
interface CertificateRecord {
  id: string;
  details: CertificateDetails[];
}

export interface CertificatesRecord {
  clientCertificate: CertificateRecord | null;
  caCertificates: (CertificateRecord & { pem: string }) | null;
}

/** The columns that refer to the certificates. Unlike the records, which are read by a later statement, they are never null in a race. */
export interface CertificateIds {
  clientCertificateId: string | null;
  caCertificatesId: string | null;
}

/** What is read of the certificates of a webhook or tenant. */
export const withCertificates = {
  clientCertificate: { select: { id: true, details: true } },
  caCertificates: { select: { id: true, details: true, pem: true } },
} as const;

interface CertificatesRow {
  clientCertificate: { id: string; details: unknown } | null;
  caCertificates: { id: string; details: unknown; pem: string } | null;
}

export function toCertificatesRecord({
  clientCertificate: client,
  caCertificates: ca,
}: CertificatesRow): CertificatesRecord {
  return {
    clientCertificate: client && { id: client.id, details: detailsIn(client) },
    caCertificates: ca && { id: ca.id, pem: ca.pem, details: detailsIn(ca) },
  };
}

/** Returns a change as it is read afterwards. */
export const changedCertificates = (
  change: CertificateChange,
): Partial<CertificatesRecord & CertificateIds> => {
  const { client, ca } = change;
  return {
    ...changedIds(change),
    ...(client !== undefined && { clientCertificate: client && { id: client.id, details: client.details } }),
    ...(ca !== undefined && { caCertificates: ca && { id: ca.id, pem: ca.pem, details: ca.details } }),
  };
};

const changedIds = ({ client, ca }: CertificateChange): Partial<CertificateIds> => ({
  ...(client !== undefined && { clientCertificateId: client && client.id }),
  ...(ca !== undefined && { caCertificatesId: ca && ca.id }),
});

/** Returns the certificates as the audit log shows them. */
export const certificatesSnapshot = ({ clientCertificate, caCertificates }: CertificatesRecord) => ({
  clientCertificate: clientCertificate && (clientCertificate.details[0] ?? null),
  caCertificates: caCertificates && caCertificates.details,
});

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the column
const detailsIn = ({ details }: { details: unknown }) => details as CertificateDetails[];

/**
 * Replaces certificates of a webhook or tenant, which the transaction has locked, and returns the columns that refer to them. A client
 * certificate ends a signing request.
 */
export async function replaceCertificates(
  transaction: PrismaTransaction,
  owner: CertificateOwner,
  change: CertificateChange,
): Promise<Partial<CertificateIds>> {
  const { client, ca } = change;
  if (client !== undefined) await replace(transaction, owner, ['client', 'request'], client);
  if (ca !== undefined) await replace(transaction, owner, ['ca'], ca);
  return changedIds(change);
}

/** Stores a certificate signing request of a webhook or tenant, which the transaction has locked, in place of the last one. */
export function storeCertificateRequest(
  transaction: PrismaTransaction,
  owner: CertificateOwner,
  request: StoredCertificates,
): Promise<void> {
  return replace(transaction, owner, ['request'], { ...request, details: [] });
}

async function replace(
  transaction: PrismaTransaction,
  owner: CertificateOwner,
  [kind, ...others]: [CertificateKind | 'request', ...'request'[]],
  certificates: NewCertificates | null,
): Promise<void> {
  await transaction.tlsCertificate.deleteMany({ where: { ...owner, kind: { in: [kind, ...others] } } });
  if (certificates === null) return;
  const { details, ...stored } = certificates;
  const expiresAt = details.map(({ notAfter }) => notAfter).toSorted()[0] ?? null;
  await transaction.tlsCertificate.create({
    data: { ...owner, kind, ...stored, details: toJson(details), expiresAt },
  });
}

/** Returns the keys that a certificate may belong to: that of the signing request, then that of the present client certificate. */
export async function findCertificateKeys(
  prisma: PrismaTransaction,
  owner: CertificateOwner,
): Promise<StoredCertificates[]> {
  const rows = await prisma.tlsCertificate.findMany({
    where: { ...owner, kind: { in: ['request', 'client'] } },
    orderBy: { kind: 'desc' },
    select: STORED,
  });
  return rows;
}

const STORED = { id: true, pem: true, keySealed: true } as const;

/**
 * Returns the certificates of the connections of a webhook: its own, or those of its tenant.
 * @throws PosthornError `conflict` if they were replaced after the webhook was read: no request may start with others, or without
 */
export async function findConnectionCertificates(
  prisma: PrismaDb,
  { tenantId, clientCertificateId, caCertificatesId }: CertificateIds & { tenantId: string },
): Promise<ConnectionCertificates> {
  const tenant = await prisma.tenant.findUnique({
    where: { id: tenantId },
    select: { clientCertificateId: true, caCertificatesId: true },
  });
  const clientId = clientCertificateId ?? tenant?.clientCertificateId ?? null;
  const caId = caCertificatesId ?? tenant?.caCertificatesId ?? null;
  const ids = [clientId, caId].flatMap((id) => id ?? []);
  const rows =
    ids.length === 0
      ? []
      : await prisma.tlsCertificate.findMany({ where: { id: { in: ids } }, select: STORED });
  const find = (id: string | null) => {
    if (id === null) return null;
    const row = rows.find((each) => each.id === id);
    if (!row) throw new PosthornError('conflict', { reason: reason('webhook_changed') });
    return row;
  };
  return { client: find(clientId), ca: find(caId) };
}
