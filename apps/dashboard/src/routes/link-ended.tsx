import { createFileRoute } from '@tanstack/react-router';
import { Link2Off } from 'lucide-react';
import { EmptyState } from '../pieces/empty-state.js';

export const Route = createFileRoute('/link-ended')({ component: LinkEnded });

function LinkEnded() {
  return (
    <main>
      <title>Link ended · Posthorn</title>
      <EmptyState title="This link has ended" icon={Link2Off} page>
        Links to this page work for a short time, and not after a reload. Open it again where you came from.
      </EmptyState>
    </main>
  );
}
