import {
  base64Secret,
  compileFormat,
  DEFAULT_TENANT_ID,
  encodeId,
  eventAttributes,
  newEd25519KeyPair,
  newId,
  newSigningSecret,
  shownSecret,
} from '@posthorn/core';
import type { Handler } from '../calls/handler.js';
import { bodyTooLong, envelopeOf } from '../requests/signed-request.js';
import type { WebhookDeps } from './deps.js';
import { exampleData } from './test-webhook.js';

const EXAMPLE_URL = 'https://receiver.example/webhooks';

export const previewDeliveryFormat: Handler<'previewDeliveryFormat', WebhookDeps> = async (
  { caller, body },
  deps,
) => {
  const { deliveryFormat, eventType, url = EXAMPLE_URL, idempotencyKey, metadata } = body;
  const data = body.data ?? (await exampleData(eventType, caller, deps));
  const timestamp = new Date();
  const secret = base64Secret(newSigningSecret());
  const { privateKey, publicKey } = newEd25519KeyPair();
  const message = compileFormat(deliveryFormat).format({
    envelope: envelopeOf({ id: newId(), type: eventType, data }, timestamp),
    attributes: eventAttributes({ idempotencyKey, metadata }),
    url,
    tenantId: encodeId('tenant', caller.tenantId ?? DEFAULT_TENANT_ID),
    timestamp,
    keys: { secrets: [secret], privateKeys: [privateKey] },
  });
  if (!message) throw bodyTooLong();
  return {
    status: 200,
    body: {
      headers: { ...message.fixedHeaders, ...message.headers },
      body: message.body,
      secret: shownSecret(secret, deliveryFormat),
      publicKey,
    },
  };
};
