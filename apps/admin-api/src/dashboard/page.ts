import { randomBytes } from 'node:crypto';
import type { Response } from 'express';

/** Placeholder in index.html for the nonce. */
const PLACEHOLDER = '__CSP_NONCE__';

/** Sends index.html with a new nonce and a content security policy for the path. */
export type SendPage = (response: Response, path: string) => void;

/** Returns the function that sends the page. @param html with placeholders for the nonce */
export function createPage(html: string, portalFrameAncestors: readonly string[]): SendPage {
  return (response, path) => {
    const isPortal = path === '/portal' || path.startsWith('/portal/');
    const frameAncestors = isPortal ? portalFrameAncestors : [];
    const nonce = randomBytes(16).toString('base64');
    response.setHeader('content-security-policy', policy({ nonce, isPortal, frameAncestors }));
    // X-Frame-Options cannot list origins and would block all of them.
    if (frameAncestors.length > 0) response.removeHeader('x-frame-options');
    response.setHeader('cache-control', 'no-cache');
    response.type('html').send(html.replaceAll(PLACEHOLDER, nonce));
  };
}

interface Policy {
  nonce: string;
  isPortal: boolean;
  frameAncestors: readonly string[];
}

/** Allows files from this server and style tags with the nonce. The portal also loads a customer's logo over https. */
function policy({ nonce, isPortal, frameAncestors }: Policy): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    `img-src 'self' data:${isPortal ? ' https:' : ''}`,
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${frameAncestors.length > 0 ? frameAncestors.join(' ') : "'none'"}`,
  ].join('; ');
}
