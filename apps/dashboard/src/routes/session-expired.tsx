import { createFileRoute, redirect } from '@tanstack/react-router';
import { access } from '../api/current-access.js';
import { isEmbedded } from '../portal/is-embedded.js';
import { SessionExpired } from '../shell/session-expired.js';

export const Route = createFileRoute('/session-expired')({
  beforeLoad() {
    if (access.kind !== 'portal') throw redirect({ to: '/', replace: true });
    const { token, settings } = access;
    // A page without a token, outside a frame: the host application creates a new link. A link that was rejected could come back forever.
    if (token === null && !isEmbedded && settings.returnUrl !== undefined) {
      window.location.replace(settings.returnUrl);
    }
  },
  component: SessionExpired,
});
