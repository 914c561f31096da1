import { randomBytes } from 'node:crypto';
import type { Response } from 'express';

/** Stands in index.html where the nonce of an answer goes. */
const PLACEHOLDER = '__CSP_NONCE__';

/** Sends index.html with a nonce and a policy of its own: the next answer has another. */
export type SendPage = (response: Response, path: string) => void;

export function createPage(html: string, portalFrameAncestors: readonly string[]): SendPage {
  return (response, path) => {
    const isPortal = path === '/portal' || path.startsWith('/portal/');
    const frameAncestors = isPortal ? portalFrameAncestors : [];
    const nonce = randomBytes(16).toString('base64');
    response.setHeader('content-security-policy', policy({ nonce, isPortal, frameAncestors }));
    // It knows of no list of origins, and would forbid them all.
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

/** The files of our own, and the style tags that the page makes with the nonce. The logo on the portal is a customer's. */
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
