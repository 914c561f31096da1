import * as z from 'zod/mini';
import { optionalParam } from './optional-param.js';

/** Base path of the portal. Below it, the same routes serve a single tenant. */
export const PORTAL_PATH = '/portal';

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja'] as const;

export type Language = (typeof LANGUAGES)[number];

const language = optionalParam(z.enum(LANGUAGES));
const colorScheme = optionalParam(z.enum(['light', 'dark', 'auto']));

const portalTheme = z.object({
  productName: z.optional(z.string()),
  logoUrl: z.optional(z.string()),
  accentColor: z.optional(z.string()),
  darkAccentColor: z.optional(z.string()),
  radius: z.optional(z.number()),
  fontFamily: z.optional(z.string()),
  colorScheme,
});

/** The settings of the portal link, which the server has validated. */
const portalSettings = z.object({
  theme: z.optional(portalTheme),
  language,
  strings: z.optional(z.record(z.string(), z.string())),
  /** The origins of the pages that may embed the portal. */
  parentOrigins: z.optional(z.array(z.string())),
  returnUrl: z.optional(z.string()),
});

export type PortalTheme = z.output<typeof portalTheme>;
export interface PortalSettings {
  theme: PortalTheme;
  language: Language | undefined;
  /** Other words for texts, by the English text. */
  strings: Record<string, string>;
  parentOrigins: readonly string[];
  returnUrl: string | undefined;
}

/** What a page that embeds the portal may select in its URL. */
export const portalSearch = { link: optionalParam(z.string()), language, colorScheme };

/** How this page authenticates: by the session cookie, which scripts cannot read, or by the token of a portal link. */
export type Access = { kind: 'session' } | { kind: 'portal'; token: string | null; settings: PortalSettings };

type Page = Pick<Window, 'location' | 'history'> & { document: Pick<Document, 'querySelector'> };

/** Parses the access of the page, then removes the token from the address bar and the history. */
export function initAccess({ location, history, document }: Page): Access {
  const settings = document.querySelector('meta[name="portal"]')?.getAttribute('content') ?? '';
  const access = parseAccess(location, settings);
  if (access.kind === 'portal') history.replaceState(null, '', location.pathname + location.search);
  return access;
}

/**
 * Parses the URL of a portal link. The token is in its fragment, which browsers never send to a server.
 * @param settings the settings of the link, as JSON
 */
export function parseAccess(
  { pathname, search, hash }: Pick<Location, 'pathname' | 'search' | 'hash'>,
  settings: string,
): Access {
  if (pathname !== PORTAL_PATH && !pathname.startsWith(`${PORTAL_PATH}/`)) return { kind: 'session' };
  const ofLink = portalSettings.parse(JSON.parse(settings || '{}'));
  const { theme, strings = {}, parentOrigins = [] } = ofLink;
  const chosen = z.object(portalSearch).parse(Object.fromEntries(new URLSearchParams(search)));
  return {
    kind: 'portal',
    token: tokenIn(hash),
    settings: {
      theme: { ...theme, colorScheme: chosen.colorScheme ?? theme?.colorScheme },
      language: chosen.language ?? ofLink.language,
      strings,
      parentOrigins,
      returnUrl: ofLink.returnUrl,
    },
  };
}

/** Returns the token in the fragment of a portal link. */
export const tokenIn = (hash: string): string | null => new URLSearchParams(hash.slice(1)).get('token');
