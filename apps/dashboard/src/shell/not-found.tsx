import { SearchX } from 'lucide-react';
import { EmptyState } from '../pieces/empty-state.js';
import { TextLink } from '../pieces/text-link.js';

export function NotFound() {
  return (
    <EmptyState title="There is nothing here" icon={SearchX} page>
      <title>Not found · Posthorn</title>
      It may have been deleted, or the address is not right.{' '}
      <TextLink to="/" underline="always">
        Go to the start
      </TextLink>
    </EmptyState>
  );
}
