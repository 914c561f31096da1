import { SearchX } from 'lucide-react';
import { EmptyState } from '../components/empty-state.js';
import { TextLink } from '../components/text-link.js';
import { DocumentTitle } from '../components/document-title.js';

export function NotFound() {
  return (
    <EmptyState title="There is nothing here" icon={SearchX} page>
      <DocumentTitle>Not found</DocumentTitle>
      It may have been deleted, or the address is not right.{' '}
      <TextLink to="/" underline="always">
        Go to the start
      </TextLink>
    </EmptyState>
  );
}
