import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { isBoundedCertificate } from '@posthorn/core/keys';
import { OutboundError } from './outbound-error.js';

/** Maximum number of certificates that a receiver sends, with the root, which it may omit. Usual chains have 2 to 4. */
const MAX_LENGTH = 8;

/** Checks the chain of a receiver whose authority its owner chose: it may issue any certificates. @throws OutboundError */
export function assertBoundedChain(secured: TLSSocket): void {
  let certificate: X509Certificate | undefined = secured.getPeerX509Certificate();
  for (let length = 1; certificate; length += 1) {
    if (length > MAX_LENGTH || !isBoundedCertificate(certificate.raw)) throw costlyChain();
    certificate = certificate.issuerCertificate;
  }
}

const costlyChain = () =>
  new OutboundError(
    'tls_error',
    "The receiver's chain has too many certificates, or one with a key that takes too long to verify with",
  );
