import { fieldError, openCertificateKey, PosthornError, type Sealer } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { type CertificateOwner, findCertificateKeys } from '@posthorn/database/webhooks/prisma';
import { isCertificateOf, readClientCertificate } from './read-certificates.js';

interface CertificateWithKey {
  certificate: string;
  privateKey: string;
}

/**
 * Returns a certificate with its private key: the given key, the key of the signing request, or the key of the present certificate.
 * @throws PosthornError if it is for none of them
 */
export async function withPrivateKey(
  { certificate, privateKey }: Pick<CertificateWithKey, 'certificate'> & { privateKey?: string | undefined },
  owner: CertificateOwner,
  { prisma, sealer }: { prisma: PrismaDb; sealer: Sealer },
): Promise<CertificateWithKey> {
  if (privateKey !== undefined) return valid({ certificate, privateKey });
  const keys = (await findCertificateKeys(prisma, owner)).map((stored) => openCertificateKey(stored, sealer));
  const [first] = keys;
  if (first === undefined)
    throw new PosthornError('invalid_input', { errors: [fieldError('privateKey', 'required')] });
  return valid({ certificate, privateKey: keys.find((key) => isCertificateOf(certificate, key)) ?? first });
}

/** Returns a valid certificate as it is. @throws PosthornError with what is wrong with it */
function valid(certificate: CertificateWithKey): CertificateWithKey {
  const read = readClientCertificate(certificate, new Date());
  if (Array.isArray(read)) throw new PosthornError('invalid_input', { errors: read });
  return certificate;
}
