import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { access } from '../access/current-access.js';
import { isEmbedded } from '../access/is-embedded.js';
import { nextParam } from '../search/next-param.js';
import { PersonSessionExpired } from '../shell/sign-in/person-session-expired.js';
import { SessionExpired } from '../shell/session-expired.js';

const search = z.object({ next: nextParam });

export const Route = createFileRoute('/session-expired')({
  validateSearch: search,
  beforeLoad() {
    if (access.kind !== 'portal') return;
    const { token, settings } = access;
    // A page without a token, outside a frame: the host application creates a new link. A link that was rejected could come back forever.
    if (token === null && !isEmbedded && settings.returnUrl !== undefined) {
      window.location.replace(settings.returnUrl);
    }
  },
  component: SessionExpiredPage,
});

function SessionExpiredPage() {
  const { next } = Route.useSearch();
  return access.kind === 'portal' ? <SessionExpired /> : <PersonSessionExpired next={next} />;
}
