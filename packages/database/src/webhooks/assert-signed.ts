import { missingKeys, PosthornError } from '@posthorn/core';
import type { WebhookRecord } from './webhook-record.js';

const DETAILS = {
  ed25519:
    'The delivery format has only Ed25519 signatures, so the webhook needs an Ed25519 key. Create one (POST …/signing-keys), then set the format. A new webhook gets one with signingKey',
  secret:
    'The webhook has no signing secret, so it needs its own delivery format with only Ed25519 signatures. To use another one, create a secret first (POST …/secrets/rotate)',
};

/** @throws PosthornError if a webhook has no key for the signatures of its delivery format */
export function assertSigned({
  deliveryFormat,
  secrets,
}: Pick<WebhookRecord, 'deliveryFormat' | 'secrets'>): void {
  const missing = missingKeys(deliveryFormat, secrets);
  if (missing !== null) throw new PosthornError('invalid_state', { detail: DETAILS[missing] });
}
