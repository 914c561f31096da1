import {
  contradictsFormat,
  type DeliveryFormat,
  fieldError,
  openLiveKeys,
  PosthornError,
  type Sealer,
  type SigningSecret,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';

/** @throws PosthornError if a signature of the format decodes a secret that is not base64 */
export function assertDecodable(secret: SigningSecret, format: DeliveryFormat): void {
  if (!contradictsFormat(secret, format)) return;
  throw new PosthornError('invalid_input', { errors: [fieldError('secret', 'secret_not_decodable')] });
}

/** The same for a new format and the secrets of a webhook. */
export function assertDecodes(
  format: DeliveryFormat,
  webhook: Pick<WebhookRecord, 'id' | 'secrets'>,
  sealer: Sealer,
): void {
  const { secrets } = openLiveKeys(webhook, new Date(), sealer);
  if (!secrets.some((secret) => contradictsFormat(secret, format))) return;
  throw new PosthornError('invalid_input', {
    errors: [fieldError('deliveryFormat', 'format_decodes_secret')],
  });
}
