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
      <DocumentTitle>Link ended</DocumentTitle>
      <EmptyState title="This link has ended" icon={Link2Off} page>
        Links to this page work for a short time, and not after a reload. Open it again where you came from.
      </EmptyState>
    </main>
  );
}
