import { isUnsigned, PosthornError } from '@posthorn/core';
import type { WebhookRecord } from './webhook-record.js';

type Signed = Pick<WebhookRecord, 'deliveryFormat' | 'secrets'>;

/** @throws PosthornError if the webhook has a delivery format of its own whose signatures need an Ed25519 key, and no such key */
export function assertSigned({ deliveryFormat, secrets }: Signed): void {
  if (deliveryFormat === null || !isUnsigned(deliveryFormat, secrets)) return;
  throw new PosthornError('invalid_input', {
    errors: [
      {
        path: 'deliveryFormat.signatures',
        message:
          'are only of Ed25519, and the webhook has no Ed25519 key: create one before (POST …/signing-keys)',
      },
    ],
  });
}

/** @throws PosthornError if a change of the secrets takes the last key from such a format */
export function assertStillSigned({ deliveryFormat, secrets }: Signed): void {
  if (deliveryFormat === null || !isUnsigned(deliveryFormat, secrets)) return;
  throw new PosthornError('invalid_state', {
    detail:
      'The delivery format has only Ed25519 signatures: change it, or create another key, before the last one ends',
  });
}
