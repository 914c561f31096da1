import {
  contradictsFormat,
  type DeliveryFormat,
  openLiveKeys,
  PosthornError,
  type Sealer,
  type SigningSecret,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';

const MESSAGE = 'must be base64 after whsec_, because a signature of the delivery format decodes it';

/** @throws PosthornError if a signature of the format decodes a secret that is not base64 */
export function assertDecodable(secret: SigningSecret, format: DeliveryFormat): void {
  if (!contradictsFormat(secret, format)) return;
  throw new PosthornError('invalid_input', { errors: [{ path: 'secret', message: MESSAGE }] });
}

/** The same for a new format and the secrets of a webhook. */
export function assertDecodes(
  format: DeliveryFormat,
  webhook: Pick<WebhookRecord, 'id' | 'secrets'>,
  sealer: Sealer,
): void {
  const { secrets } = openLiveKeys(webhook, new Date(), sealer);
  if (!secrets.some((secret) => contradictsFormat(secret, format))) return;
  const message = 'has a signature that decodes the secret, which is text that begins with whsec_';
  throw new PosthornError('invalid_input', { errors: [{ path: 'deliveryFormat', message }] });
}
