import type { components } from '../../generated/api.js';
import type { MutationState } from '../confirm-modal.js';

type Schemas = components['schemas'];

/** The certificates of a webhook or tenant. */
export type Certificates = Pick<Schemas['Webhook'], 'clientCertificate' | 'caCertificates'>;

/** What changes: certificates in PEM, or null to remove them. */
export interface CertificatesChange {
  clientCertificate?: null;
  caCertificates?: string | null;
}

export type NewCertificate = Schemas['PutClientCertificate'];
export type CertificateSubject = Schemas['CreateCertificateRequest'];

/** A call, and the state of its mutation. */
export interface CertificateCall<Body> {
  mutation: MutationState;
  run: (body: Body, options: { onSuccess: () => void }) => void;
}

/** The calls for the certificates of a webhook or of a tenant. */
export interface CertificateCalls {
  change: CertificateCall<CertificatesChange>;
  put: CertificateCall<NewCertificate>;
  /** With the signing request that was created last. */
  request: CertificateCall<CertificateSubject> & { created: string | undefined };
}
