import type { ListedEvent } from '../../api/types.js';
import { Mono } from '../../components/mono.js';

/** The values that an event is found by. Their search keys are in the tooltip. */
export function SearchValues({ values }: { values: ListedEvent['searchValues'] }) {
  const names = values.map(({ key, value }) => `${key}: ${value}`);
  return (
    <span title={names.join(', ')}>
      <Mono>{values.map(({ value }) => value).join(', ')}</Mono>
    </span>
  );
}
