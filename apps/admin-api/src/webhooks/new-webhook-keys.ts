import {
  base64Secret,
  type DeliveryFormat,
  needsSecret,
  newSigningSecret,
  sealEd25519Key,
  type SealedSecret,
  type Sealer,
  sealFirstSecret,
  type SigningSecret,
} from '@posthorn/core';
import { ed25519KeyOf, type OwnSecret, ownSecretOf } from './own-secret.js';

interface NewWebhookBody extends OwnSecret {
  signingKey?: { privateKey?: string | undefined } | undefined;
  deliveryFormat?: DeliveryFormat | null | undefined;
}

interface NewWebhookKeys {
  /** Null if the webhook has only an Ed25519 key. */
  secret: SigningSecret | null;
  sealed: SealedSecret[];
}

/** Returns the keys of a new webhook: those that the request contains, and a new secret if it needs one. @throws PosthornError if one is invalid */
export function newWebhookKeys(id: string, body: NewWebhookBody, sealer: Sealer): NewWebhookKeys {
  const secret = ownSecretOf(body) ?? (needsNewSecret(body) ? base64Secret(newSigningSecret()) : null);
  const key = body.signingKey && ed25519KeyOf(body.signingKey, 'signingKey.privateKey');
  return {
    secret,
    sealed: [
      ...(secret ? sealFirstSecret(id, secret, sealer) : []),
      ...(key ? [sealEd25519Key(id, key, sealer)] : []),
    ],
  };
}

const needsNewSecret = ({ signingKey, deliveryFormat = null }: NewWebhookBody): boolean =>
  signingKey === undefined || needsSecret(deliveryFormat);
