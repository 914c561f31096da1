import type { WebhookResponse } from '@posthorn/contract';
import type { ReceiverAuth } from '@posthorn/core';

/** Returns what is shown of the authentication of a webhook: everything but the secret. */
export function shownAuth(auth: ReceiverAuth | null): WebhookResponse['auth'] {
  switch (auth?.type) {
    case undefined:
      return null;
    case 'basic':
      return { type: auth.type, username: auth.username };
    case 'apiKey':
      return { type: auth.type, header: auth.header };
    case 'oauth2': {
      const { clientSecret: _, ...shown } = auth;
      return shown;
    }
  }
}
