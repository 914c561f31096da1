import { readCertificates } from '@posthorn/core/keys';
import { z } from 'zod';
import type { Comparison, HiddenValue } from './hidden-settings.js';
import { type NameVariable, resolveAll, type SecretText, secretText } from './references.js';

/** The certificates of webhooks and tenants in a file. */
export const certificateSettings = {
  clientCertificate: z.strictObject({ certificate: secretText, privateKey: secretText }),
  /** PEM. */
  caCertificates: z.string(),
};

type ShownCertificate = NonNullable<Comparison['read']>['clientCertificate'];
type ConfiguredCertificate = z.output<typeof certificateSettings.clientCertificate>;

/** Returns references in place of a client certificate, which the API does not return. */
export const certificateWithReferences = (
  shown: ShownCertificate,
  nameVariable: NameVariable,
): ConfiguredCertificate | undefined =>
  shown
    ? {
        certificate: { env: nameVariable('client_certificate') },
        privateKey: { env: nameVariable('client_private_key') },
      }
    : undefined;

/** What is compared is the fingerprints. The private key follows its certificate. */
export const HIDDEN_CERTIFICATES = {
  clientCertificate: {
    comparable: comparableCertificate,
    requested: resolveAll,
  } satisfies HiddenValue<ConfiguredCertificate>,
  caCertificates: {
    // In whatever order and form they are written.
    comparable: (pem) => fingerprintsOf(pem).toSorted(),
    requested: (pem) => pem,
  } satisfies HiddenValue<string>,
};

/** Returns the fingerprint of a client certificate. While its variable is not set, it counts as the certificate that the API has. */
function comparableCertificate({ certificate }: ConfiguredCertificate, { read, env }: Comparison): string {
  const pem = textIn(certificate, env);
  if (pem === undefined) return read?.clientCertificate?.fingerprint256 ?? 'unknown';
  return fingerprintsOf(pem)[0] ?? UNREADABLE;
}

/** The API says what is wrong. */
const UNREADABLE = 'unreadable';

function fingerprintsOf(pem: string): string[] {
  const certificates = readCertificates(pem);
  if (!Array.isArray(certificates)) return [UNREADABLE];
  return certificates.map(({ fingerprint256 }) => fingerprint256);
}

const textIn = (value: SecretText, env: NodeJS.ProcessEnv): string | undefined =>
  typeof value === 'string' ? value : env[value.env];
