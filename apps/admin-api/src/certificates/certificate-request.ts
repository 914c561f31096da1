import { KeyObject, webcrypto } from 'node:crypto';
import { Name, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { certificateSealingContext, newId, type Sealer, type StoredCertificates } from '@posthorn/core';

/** The subject of a certificate signing request. */
interface RequestedSubject {
  commonName: string;
  organization?: string | undefined;
}

const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

/** Creates a key pair and a certificate signing request for it, with the private key sealed. */
export async function newCertificateRequest(
  { commonName, organization }: RequestedSubject,
  sealer: Sealer,
): Promise<StoredCertificates> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    // As objects: texts that begin with # would be hexadecimal.
    name: new Name([
      { CN: [{ utf8String: commonName }] },
      ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    ]),
    keys,
    signingAlgorithm: SIGNATURE,
  });
  const privateKey = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  const id = newId();
  return {
    id,
    pem: `${request.toString('pem')}\n`,
    keySealed: sealer.seal(privateKey, certificateSealingContext(id)),
  };
}
