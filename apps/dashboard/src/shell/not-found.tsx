import { SearchX } from 'lucide-react';
import { EmptyState } from '../pieces/empty-state.js';
import { TextLink } from '../pieces/text-link.js';
import { WindowTitle } from '../pieces/window-title.js';

export function NotFound() {
  return (
    <EmptyState title="There is nothing here" icon={SearchX} page>
      <WindowTitle>Not found</WindowTitle>
      It may have been deleted, or the address is not right.{' '}
      <TextLink to="/" underline="always">
        Go to the start
      </TextLink>
    </EmptyState>
  );
}
