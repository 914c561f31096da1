import { randomBytes } from 'node:crypto';
import type { Response } from 'express';
import type { PortalSettings } from '@posthorn/contract';
import { headerOrigin, parseUrl } from '@posthorn/core';

/** Placeholder in index.html for the nonce. */
const PLACEHOLDER = '__CSP_NONCE__';

const PORTAL_META = '<meta name="portal" content="" />';
const TITLE = /<title>[^<]*<\/title>/;
const ICON = /<link rel="icon"[^<>]*>/;
const LANGUAGE = '<html lang="en">';

/** Sends index.html with a new nonce and a content security policy. @param portal null for the dashboard */
export type SendPage = (response: Response, portal: PortalSettings | null) => void;

/** Returns the function that sends the page. @param html with placeholders for the nonce */
export function createPage(html: string, portalFrameAncestors: readonly string[]): SendPage {
  return (response, portal) => {
    const frameAncestors = portal ? (portal.parentOrigins ?? portalFrameAncestors) : [];
    const logo = parseUrl(portal?.theme?.logoUrl ?? '');
    const logoOrigin = logo && headerOrigin(logo);
    const nonce = randomBytes(16).toString('base64');
    const page = portal ? portalPage(html, { ...portal, parentOrigins: [...frameAncestors] }) : html;
    response.setHeader('content-security-policy', policy({ nonce, frameAncestors, logoOrigin }));
    // X-Frame-Options cannot list origins and would block all of them.
    if (frameAncestors.length > 0) response.removeHeader('x-frame-options');
    response.setHeader('cache-control', 'no-cache');
    response.type('html').send(page.replaceAll(PLACEHOLDER, nonce));
  };
}

/** Returns the page with the settings of the link, which it reads before it renders, and without this product's name and icon. */
function portalPage(html: string, settings: PortalSettings): string {
  const { theme, language } = settings;
  const icon = theme?.logoUrl ?? 'data:,';
  return html
    .replace(PORTAL_META, () => `<meta name="portal" content="${escapeHtml(JSON.stringify(settings))}" />`)
    .replace(TITLE, () => `<title>${escapeHtml(theme?.productName ?? 'Webhooks')}</title>`)
    .replace(ICON, () => `<link rel="icon" href="${escapeHtml(icon)}" />`)
    .replace(LANGUAGE, () => `<html lang="${language ?? 'en'}">`);
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? '');

interface Policy {
  nonce: string;
  frameAncestors: readonly string[];
  /** Null without a logo, and for a data URI. */
  logoOrigin: string | null;
}

/** Allows files from this server and style tags with the nonce. The portal also loads the logo of its link. */
function policy({ nonce, frameAncestors, logoOrigin }: Policy): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    `img-src 'self' data:${logoOrigin === null ? '' : ` ${logoOrigin}`}`,
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${frameAncestors.length > 0 ? frameAncestors.join(' ') : "'none'"}`,
  ].join('; ');
}
