import { Text } from '@mantine/core';
import { LogOut } from 'lucide-react';
import { DocumentTitle } from '../../components/document-title.js';
import { EmptyState } from '../../components/empty-state.js';
import { LinkButton } from '../../components/link-button.js';
import { BarePage } from '../bare-page.js';

/** Shown when the session of a person has ended while a page was open. */
export function PersonSessionExpired({ next }: { next: string | undefined }) {
  return (
    <BarePage>
      <DocumentTitle>Session expired</DocumentTitle>
      <EmptyState title="Your session has ended" icon={LogOut} page>
        <Text mb="sm">
          A session ends after 30 minutes without activity, and after 12 hours. It also ends when you sign out
          at your identity provider, or lose your access there.
        </Text>
        <LinkButton to="/sign-in" search={{ next }}>
          Sign in again
        </LinkButton>
      </EmptyState>
    </BarePage>
  );
}
