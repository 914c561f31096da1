import {
  type Ed25519KeyPair,
  errorAt,
  newEd25519KeyPair,
  ownSigningSecret,
  PosthornError,
  type SecretEncoding,
  type SigningSecret,
} from '@posthorn/core';
import { ownEd25519KeyPair } from '@posthorn/core/keys';

export interface OwnSecret {
  secret?: string | undefined;
  secretEncoding?: SecretEncoding | undefined;
}

/** Returns the signing secret that a request contains, null without one. @throws PosthornError if it is invalid */
export function ownSecretOf({ secret, secretEncoding }: OwnSecret): SigningSecret | null {
  if (secret === undefined) return null;
  const parsed = ownSigningSecret(secret, secretEncoding);
  if (!('problem' in parsed)) return parsed;
  throw new PosthornError('invalid_input', { errors: [errorAt('secret', parsed.problem)] });
}

/**
 * Returns the Ed25519 key that a request contains, or a new one.
 * @param path the path of the private key in the request
 * @throws PosthornError if the key is invalid
 */
export function ed25519KeyOf(
  { privateKey }: { privateKey?: string | undefined },
  path: string,
): Ed25519KeyPair {
  if (privateKey === undefined) return newEd25519KeyPair();
  const pair = ownEd25519KeyPair(privateKey);
  if (!('problem' in pair)) return pair;
  throw new PosthornError('invalid_input', { errors: [errorAt(path, pair.problem)] });
}
