import { SearchX } from 'lucide-react';
import { EmptyState } from '../components/empty-state.js';
import { TextLink } from '../components/text-link.js';
import { DocumentTitle } from '../components/document-title.js';

export function NotFound() {
  return (
    <EmptyState title="Page not found" icon={SearchX} page>
      <DocumentTitle>Page not found</DocumentTitle>
      Check the URL. The page may have been deleted, or you may not have access to it.{' '}
      <TextLink to="/" underline="always">
        Go to the start page
      </TextLink>
    </EmptyState>
  );
}
