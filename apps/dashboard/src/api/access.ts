import * as z from 'zod/mini';
import { optionalParam } from '../search/optional-param.js';

/** Where the portal lives; everything below it is the same dashboard for one tenant. */
export const PORTAL_PATH = '/portal';

const portalTheme = z.object({
  accentColor: optionalParam(z.string().check(z.regex(/^#[0-9a-f]{6}$/i))),
  logoUrl: optionalParam(z.url({ protocol: /^https$/ })),
  colorScheme: optionalParam(z.enum(['light', 'dark', 'auto'])),
});

export type PortalTheme = z.output<typeof portalTheme>;

/** Who asks: somebody who signed in (a cookie that this page cannot see), or whoever has a link to the portal. */
export type Access = { kind: 'session' } | { kind: 'portal'; token: string | null; theme: PortalTheme };

/** Reads who asks. The token stays in memory then: not in the address bar, not in the history, not in storage. */
export function initAccess({ location, history }: Pick<Window, 'location' | 'history'>): Access {
  const access = parseAccess(location);
  if (access.kind === 'portal') history.replaceState(null, '', location.pathname + location.search);
  return access;
}

/** Reads the link to the portal. The token is in the fragment, which no server and no log ever sees. */
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
