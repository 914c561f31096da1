import { fieldError, PosthornError } from '@posthorn/core';
import type { Caller } from './authenticate.js';

/**
 * Returns the latest expiry of a key that the caller creates: the expiry of its own key, or, for a session, of the key that signed
 * in. Null if that key does not expire. A key that outlived its maker would make the maker's expiry meaningless. A person does not expire:
 * what expires is the confirmation of the identity provider.
 */
export function latestExpiry({ parent, expiresAt }: Caller): Date | null {
  if (parent?.kind === 'person') return null;
  return parent ? parent.expiresAt : expiresAt;
}

/** Returns the expiry of a new key. @param requested null: as late as possible. @throws PosthornError if it is too late */
export function expiryOfNewKey(caller: Caller, requested: Date | null): Date | null {
  const latest = latestExpiry(caller);
  if (requested === null || latest === null) return requested ?? latest;
  if (requested <= latest) return requested;
  const error = fieldError('expiresAt', 'too_late', { latest: latest.toISOString() });
  throw new PosthornError('invalid_input', { errors: [error] });
}
