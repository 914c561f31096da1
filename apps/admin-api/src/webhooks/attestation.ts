import { PosthornError } from '@posthorn/core';

/** Returns whether URLs may be attested now. @param until the setting `POSTHORN_ATTESTATION_UNTIL` */
export const isAttestationOpen = (until: Date | null): boolean =>
  until !== null && until.getTime() > Date.now();

/** @throws PosthornError if URLs may not be attested now */
export function assertAttestationAllowed(until: Date | null): void {
  if (isAttestationOpen(until)) return;
  throw new PosthornError('attestation_not_allowed', {
    detail:
      until === null
        ? 'POSTHORN_ATTESTATION_UNTIL is not set. Validate the URL with a code'
        : `Attestation was allowed until ${until.toISOString()}. Validate the URL with a code`,
  });
}
