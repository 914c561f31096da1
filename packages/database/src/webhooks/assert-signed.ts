import { missingKeys, PosthornError, reason } from '@posthorn/core';
import type { WebhookRecord } from './webhook-record.js';

const REASONS = { ed25519: 'key_missing', secret: 'secret_missing' } as const;

/** @throws PosthornError if a webhook has no key for the signatures of its delivery format */
export function assertSigned({
  deliveryFormat,
  secrets,
}: Pick<WebhookRecord, 'deliveryFormat' | 'secrets'>): void {
  const missing = missingKeys(deliveryFormat, secrets);
  if (missing !== null) throw new PosthornError('invalid_state', { reason: reason(REASONS[missing]) });
}
