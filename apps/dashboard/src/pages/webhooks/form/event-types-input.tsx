import { TagsInput, Text, type TagsInputProps } from '@mantine/core';
import { groupedEventTypes } from '../../event-types/grouped-event-types.js';
import { useEventTypes } from '../../event-types/use-event-types.js';
import classes from './event-types-input.module.css';
import { suggestPatterns } from './suggest-patterns.js';

/** Event types of the catalogue by their groups, patterns of them, and whatever else is typed. */
export function EventTypesInput(props: Omit<TagsInputProps, 'data' | 'renderOption'>) {
  const { eventTypes: types = [] } = useEventTypes();
  const patterns = suggestPatterns(types.map(({ name }) => name));
  const words = new Map([
    ...types.map(({ name, description }) => [name, description] as const),
    ...patterns.map(({ pattern, meaning }) => [pattern, meaning] as const),
  ]);
  return (
    <TagsInput
      {...props}
      data={[
        { group: 'Patterns', items: patterns.map(({ pattern }) => pattern) },
        ...groupedEventTypes(types),
      ]}
      renderOption={({ option: { value } }) => (
        <div>
          <Text size="sm" ff="monospace">
            {value}
          </Text>
          <Text size="xs" c="dimmed" lineClamp={1}>
            {words.get(value)}
          </Text>
        </div>
      )}
      splitChars={[',', ' ']}
      isDuplicate={(value, chosen) => chosen.includes(value)}
      // A fault leads here, and is not covered by the list that opens.
      inputWrapperOrder={['label', 'description', 'error', 'input']}
      // The list itself scrolls, and not an element around it that the keyboard cannot reach.
      withScrollArea={false}
      classNames={{ options: classes.options }}
      spellCheck={false}
      autoCapitalize="off"
    />
  );
}
