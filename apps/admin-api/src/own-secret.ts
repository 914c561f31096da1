import { ownSigningSecret, PosthornError, type SecretEncoding, type SigningSecret } from '@posthorn/core';

interface OwnSecret {
  secret?: string | undefined;
  secretEncoding?: SecretEncoding | undefined;
}

/** Returns the signing secret that a request contains, null without one. @throws PosthornError if it is invalid */
export function ownSecretOf({ secret, secretEncoding }: OwnSecret): SigningSecret | null {
  if (secret === undefined) return null;
  const parsed = ownSigningSecret(secret, secretEncoding);
  if (parsed === null) {
    const message = 'must be whsec_ followed by base64, plain base64 or text, and decode to 16 to 128 bytes';
    throw new PosthornError('invalid_input', { errors: [{ path: 'secret', message }] });
  }
  return parsed;
}
