import { createFileRoute, redirect } from '@tanstack/react-router';
import { access } from '../api/api.js';
import { toProblem } from '../api/problem.js';
import { SESSION_QUERY } from '../api/session.js';
import { Shell } from '../shell/shell.js';

/** Everything that only who is signed in, or has a link to the portal, may see. */
export const Route = createFileRoute('/_app')({
  async beforeLoad({ context: { queryClient }, location }) {
    try {
      await queryClient.ensureQueryData(SESSION_QUERY);
    } catch (error) {
      if (toProblem(error).status !== 401) throw error;
      throw access.kind === 'portal'
        ? redirect({ to: '/link-ended', replace: true })
        : redirect({ to: '/sign-in', search: { next: location.href }, replace: true });
    }
  },
  component: Shell,
});
