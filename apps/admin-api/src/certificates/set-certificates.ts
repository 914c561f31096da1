import { isJsonObject } from '@posthorn/contract';
import {
  certificateSealingContext,
  errorAt,
  type FieldError,
  newId,
  PosthornError,
  type Sealer,
} from '@posthorn/core';
import type { CertificateChange, NewCertificates } from '@posthorn/database/webhooks/prisma';
import { errorsBelow, readAuthorities, readClientCertificate } from './read-certificates.js';

/** The certificates in a request. Undefined keeps them, null removes them. */
interface RequestedCertificates {
  clientCertificate?: { certificate: string; privateKey: string } | null | undefined;
  caCertificates?: string | null | undefined;
}

/** Returns what is wrong with the certificates of a webhook or tenant. */
export const certificateInputErrors = (body: unknown): FieldError[] => {
  if (!isJsonObject(body)) return [];
  const { clientCertificate, caCertificates } = body;
  return [
    ...(isJsonObject(clientCertificate) ? clientErrors(clientCertificate) : []),
    ...(typeof caCertificates === 'string' && caCertificates !== '' ? caErrors(caCertificates) : []),
  ];
};

function clientErrors({ certificate, privateKey }: Record<string, unknown>): FieldError[] {
  // The schema reports what is missing.
  if (typeof certificate !== 'string' || typeof privateKey !== 'string') return [];
  const read = readClientCertificate({ certificate, privateKey }, new Date());
  return Array.isArray(read) ? errorsBelow('clientCertificate', read) : [];
}

function caErrors(text: string): FieldError[] {
  const read = readAuthorities(text, new Date());
  return 'code' in read ? [errorAt('caCertificates', read)] : [];
}

/** Returns certificates to store, with the private key sealed. @throws PosthornError if they are invalid */
export function newCertificates(
  { clientCertificate, caCertificates }: RequestedCertificates,
  sealer: Sealer,
): CertificateChange {
  return {
    ...(clientCertificate !== undefined && {
      client: clientCertificate && newClientCertificate(clientCertificate, sealer),
    }),
    ...(caCertificates !== undefined && {
      ca: caCertificates === null ? null : newAuthorities(caCertificates),
    }),
  };
}

function newClientCertificate(
  requested: { certificate: string; privateKey: string },
  sealer: Sealer,
): NewCertificates {
  const read = readClientCertificate(requested, new Date());
  if (Array.isArray(read)) throw invalid(errorsBelow('clientCertificate', read));
  const { pem, details, privateKey } = read;
  const id = newId();
  return { id, pem, details, keySealed: sealer.seal(privateKey, certificateSealingContext(id)) };
}

function newAuthorities(text: string): NewCertificates {
  const read = readAuthorities(text, new Date());
  if ('code' in read) throw invalid([errorAt('caCertificates', read)]);
  return { id: newId(), ...read, keySealed: null };
}

const invalid = (errors: FieldError[]) => new PosthornError('invalid_input', { errors });
