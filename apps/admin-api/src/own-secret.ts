import { ownSigningSecret, PosthornError, type SecretEncoding, type SigningSecret } from '@posthorn/core';

interface OwnSecret {
  secret?: string | undefined;
  secretEncoding?: SecretEncoding | undefined;
}

/** Returns the signing secret that a request contains, null without one. @throws PosthornError if it is invalid */
export function ownSecretOf({ secret, secretEncoding }: OwnSecret): SigningSecret | null {
  if (secret === undefined) return null;
  const parsed = ownSigningSecret(secret, secretEncoding);
  if (!('problem' in parsed)) return parsed;
  throw new PosthornError('invalid_input', { errors: [{ path: 'secret', message: parsed.problem }] });
}
