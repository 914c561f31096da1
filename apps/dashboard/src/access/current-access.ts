import { withTabToken } from './tab-token.js';
import { type Access, initAccess } from './access.js';

/** How this page authenticates. Fixed until the page is closed. */
export const access: Access =
  typeof window === 'undefined' ? { kind: 'session' } : withTabToken(initAccess(window));
