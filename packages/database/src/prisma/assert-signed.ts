import { isUnsigned, PosthornError } from '@posthorn/core';
import type { WebhookRecord } from './webhook-record.js';

/** @throws PosthornError if the signatures of the webhook's own delivery format need an Ed25519 key, and it has none */
export function assertSigned({
  deliveryFormat,
  secrets,
}: Pick<WebhookRecord, 'deliveryFormat' | 'secrets'>): void {
  if (deliveryFormat === null || !isUnsigned(deliveryFormat, secrets)) return;
  throw new PosthornError('invalid_state', {
    detail:
      'The delivery format has only Ed25519 signatures, so the webhook needs an Ed25519 key. Create one (POST …/signing-keys), then set the format',
  });
}
