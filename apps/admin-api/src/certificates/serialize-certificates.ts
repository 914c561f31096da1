import type { WebhookResponse } from '@posthorn/contract';
import type { CertificatesRecord } from '@posthorn/database/webhooks/prisma';

/** Serializes the certificates of a webhook or tenant, without their private key. */
export const serializeCertificates = ({
  clientCertificate,
  caCertificates,
}: CertificatesRecord): Pick<WebhookResponse, 'clientCertificate' | 'caCertificates'> => ({
  clientCertificate: clientCertificate && (clientCertificate.details[0] ?? null),
  caCertificates: caCertificates && { certificates: caCertificates.details, pem: caCertificates.pem },
});
