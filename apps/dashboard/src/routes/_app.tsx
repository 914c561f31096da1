import { createFileRoute, notFound, redirect } from '@tanstack/react-router';
import type { QueryClient } from '@tanstack/react-query';
import { access } from '../access/current-access.js';
import { toProblem } from '../problems/problem.js';
import { SESSION_QUERY, type Session } from '../api/session.js';
import { canView, navItemsFor } from '../shell/navigation.js';
import { Shell } from '../shell/shell.js';

/** Layout of all pages that require a session or a portal link. */
export const Route = createFileRoute('/_app')({
  async beforeLoad({ context: { queryClient }, location }) {
    const session = await sessionOrRedirect(queryClient, location.href);
    if (canView(session, location.pathname)) return;
    // A key without access to the overview starts on its first permitted page.
    const start = navItemsFor(session)[0];
    if (location.pathname === '/' && start) throw redirect({ to: start.to, replace: true });
    throw notFound();
  },
  component: Shell,
});

async function sessionOrRedirect(queryClient: QueryClient, next: string): Promise<Session> {
  try {
    return await queryClient.fetchQuery(SESSION_QUERY);
  } catch (error) {
    if (toProblem(error).status !== 401) throw error;
    if (access.kind === 'portal') throw redirect({ to: '/session-expired', search: {}, replace: true });
    // A person who was signed in until now learns why the session has ended.
    const previous = queryClient.getQueryData<Session>(SESSION_QUERY.queryKey);
    const to = previous?.holder.kind === 'person' ? '/session-expired' : '/sign-in';
    throw redirect({ to, search: { next }, replace: true });
  }
}
