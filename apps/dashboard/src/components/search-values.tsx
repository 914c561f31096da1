import type { ListedEvent } from '../api/types.js';
import { Mono } from './mono.js';
import { useRedactionHint } from './redaction-hint.js';

/** The values that an event is found by. Their search keys are in the tooltip. */
export function SearchValues({ values }: { values: ListedEvent['searchValues'] }) {
  const names = values.map(({ key, value }) => `${key}: ${value}`).join(', ');
  const hint = useRedactionHint(names);
  return (
    <span title={hint === null ? names : `${names}. ${hint}`}>
      <Mono>{values.map(({ value }) => value).join(', ')}</Mono>
    </span>
  );
}
