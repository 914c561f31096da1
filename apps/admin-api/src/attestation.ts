/** Returns whether URLs may be attested now. @param until the setting `POSTHORN_ATTESTATION_UNTIL` */
export const isAttestationOpen = (until: Date | null): boolean =>
  until !== null && until.getTime() > Date.now();
