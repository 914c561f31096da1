import * as z from 'zod/mini';
import { optionalParam } from '../search/optional-param.js';

/** Base path of the portal. Below it, the same routes serve a single tenant. */
export const PORTAL_PATH = '/portal';

const portalTheme = z.object({
  accentColor: optionalParam(z.string().check(z.regex(/^#[0-9a-f]{6}$/i))),
  logoUrl: optionalParam(z.url({ protocol: /^https$/ })),
  colorScheme: optionalParam(z.enum(['light', 'dark', 'auto'])),
});

export type PortalTheme = z.output<typeof portalTheme>;

/** How this page authenticates: by the session cookie, which scripts cannot read, or by the token of a portal link. */
export type Access = { kind: 'session' } | { kind: 'portal'; token: string | null; theme: PortalTheme };

/** Parses the access from the URL, then removes the token from the address bar and the history. It stays in memory only. */
export function initAccess({ location, history }: Pick<Window, 'location' | 'history'>): Access {
  const access = parseAccess(location);
  if (access.kind === 'portal') history.replaceState(null, '', location.pathname + location.search);
  return access;
}

/** Parses a portal link. The token is in the URL fragment, which browsers never send to a server. */
export function parseAccess({ pathname, hash }: Pick<Location, 'pathname' | 'hash'>): Access {
  if (pathname !== PORTAL_PATH && !pathname.startsWith(`${PORTAL_PATH}/`)) return { kind: 'session' };
  const fragment = new URLSearchParams(hash.slice(1));
  return { kind: 'portal', token: fragment.get('token'), theme: parseTheme(fragment.get('theme')) };
}

function parseTheme(encoded: string | null): PortalTheme {
  if (encoded === null) return {};
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    return portalTheme.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}
