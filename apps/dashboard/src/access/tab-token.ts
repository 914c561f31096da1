import type { Access } from './access.js';
import { isEmbedded } from './is-embedded.js';

/** The token is kept by link, so that a tab can go back to a page of another link. */
const key = (): string => `portal-token:${new URLSearchParams(window.location.search).get('link') ?? ''}`;

/**
 * Returns the access of a portal that no page embeds with the token that its tab keeps, so that it survives a reload. No other page
 * than those that the tab opens gets it, and it is deleted with the tab. An embedded portal requests a new one instead.
 */
export function withTabToken(access: Access): Access {
  if (access.kind !== 'portal' || isEmbedded) return access;
  const { token } = access;
  return { ...access, token: withStorage((storage) => keep(storage, token)) ?? token };
}

function keep(storage: Storage, token: string | null): string | null {
  if (token !== null) storage.setItem(key(), token);
  return storage.getItem(key());
}

/** Deletes a token that was rejected. */
export function dropTabToken(): void {
  withStorage((storage) => storage.removeItem(key()));
}

/** Browsers may deny storage. */
function withStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(window.sessionStorage);
  } catch {
    return null;
  }
}
