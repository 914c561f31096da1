import { bindHandlers } from '../calls/bind-handlers.js';
import { createApiKey, listApiKeys, getApiKey, revokeApiKey, rotateApiKey } from './api-keys.js';
import type { CredentialDeps } from './deps.js';
import { createPortalLink, listPortalLinks, revokePortalLink } from './portal-links.js';
import { createSession, getSession, deleteSession, keepSession } from './session.js';

/** Creates the handlers of API keys, sessions and portal links. */
export const createCredentialHandlers = (deps: CredentialDeps) =>
  bindHandlers(
    {
      createApiKey,
      listApiKeys,
      getApiKey,
      revokeApiKey,
      rotateApiKey,
      createPortalLink,
      listPortalLinks,
      revokePortalLink,
      createSession,
      getSession,
      deleteSession,
      keepSession,
    },
    deps,
  );
