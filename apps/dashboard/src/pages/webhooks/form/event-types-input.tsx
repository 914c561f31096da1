import { TagsInput, Text, type TagsInputProps } from '@mantine/core';
import { groupedEventTypes } from '../../event-types/grouped-event-types.js';
import { useEventTypes } from '../../event-types/use-event-types.js';
import classes from './event-types-input.module.css';
import { suggestPatterns } from './suggest-patterns.js';
import { t } from '../../../i18n/t.js';

/** Selects event types of the catalog, suggested patterns, or any other value that the user types. */
export function EventTypesInput(props: Omit<TagsInputProps, 'data' | 'renderOption'>) {
  const { eventTypes: types = [] } = useEventTypes();
  const patterns = suggestPatterns(types.map(({ name }) => name));
  const descriptions = new Map([
    ...types.map(({ name, description }) => [name, description] as const),
    ...patterns.map(({ pattern, description }) => [pattern, description] as const),
  ]);
  return (
    <TagsInput
      {...props}
      data={[
        { group: t('Patterns'), items: patterns.map(({ pattern }) => pattern) },
        ...groupedEventTypes(types),
      ]}
      renderOption={({ option: { value } }) => (
        <div>
          <Text size="sm" ff="monospace">
            {value}
          </Text>
          <Text size="xs" c="dimmed" lineClamp={1}>
            {descriptions.get(value)}
          </Text>
        </div>
      )}
      splitChars={[',', ' ']}
      isDuplicate={(value, selected) => selected.includes(value)}
      // An error focuses this field, which opens the options. They must not cover the error.
      inputWrapperOrder={['label', 'description', 'error', 'input']}
      // Let the list itself scroll, so that the keyboard can reach it.
      withScrollArea={false}
      classNames={{ options: classes.options }}
      spellCheck={false}
      autoCapitalize="off"
    />
  );
}
