import { createFileRoute, redirect } from '@tanstack/react-router';
import { Link2Off } from 'lucide-react';
import { access } from '../api/api.js';
import { EmptyState } from '../components/empty-state.js';
import { DocumentTitle } from '../components/document-title.js';

export const Route = createFileRoute('/session-expired')({
  beforeLoad() {
    if (access.kind !== 'portal') throw redirect({ to: '/', replace: true });
  },
  component: SessionExpired,
});

function SessionExpired() {
  return (
    <main>
      <DocumentTitle>Session expired</DocumentTitle>
      <EmptyState title="Your session expired" icon={Link2Off} page>
        Reopen Webhooks from the app that brought you here.
      </EmptyState>
    </main>
  );
}
