import { readCertificates } from '@posthorn/core/keys';
import type { components } from '@posthorn/sdk';
import { z } from 'zod';
import { type NameVariable, resolveAll, type SecretText, secretText } from './references.js';

export type ShownCertificates = Pick<
  components['schemas']['Webhook'],
  'clientCertificate' | 'caCertificates'
>;

/** The certificates of webhooks and tenants in a file. */
export const certificateSettings = {
  clientCertificate: z.strictObject({ certificate: secretText, privateKey: secretText }),
  /** PEM. */
  caCertificates: z.string(),
};

type ConfiguredCertificate = z.output<typeof certificateSettings.clientCertificate>;

/** Returns references in place of a client certificate, which the API does not return. */
export const certificateWithReferences = (
  shown: ShownCertificates['clientCertificate'],
  nameVariable: NameVariable,
): ConfiguredCertificate | undefined =>
  shown
    ? {
        certificate: { env: nameVariable('client_certificate') },
        privateKey: { env: nameVariable('client_private_key') },
      }
    : undefined;

/**
 * Returns the fingerprint of a client certificate. If its variable is not set, that of the present one: only its presence can be compared.
 *
 * @param shown the present one
 */
export function comparableCertificate(
  { certificate }: ConfiguredCertificate,
  shown: ShownCertificates['clientCertificate'] | undefined,
  env: NodeJS.ProcessEnv,
): string {
  const pem = textIn(certificate, env);
  return pem === undefined ? (shown?.fingerprint256 ?? 'unknown') : (fingerprintsOf(pem)[0] ?? UNREADABLE);
}

/** Returns the fingerprints of authorities, in whatever order and form they are written. */
export const comparableAuthorities = (pem: string): string[] => fingerprintsOf(pem).toSorted();

export const requestedCertificate = (
  certificate: ConfiguredCertificate,
  env: NodeJS.ProcessEnv,
): Record<string, string> => resolveAll(certificate, env);

/** The API says what is wrong. */
const UNREADABLE = 'unreadable';

function fingerprintsOf(pem: string): string[] {
  const certificates = readCertificates(pem);
  if (!Array.isArray(certificates)) return [UNREADABLE];
  return certificates.map(({ fingerprint256 }) => fingerprint256);
}

const textIn = (value: SecretText, env: NodeJS.ProcessEnv): string | undefined =>
  typeof value === 'string' ? value : env[value.env];
