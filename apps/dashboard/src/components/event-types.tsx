import { Group, Text, Tooltip } from '@mantine/core';
import { Mono } from './mono.js';

const SHOWN = 2;

/** Lists the first event types, and the number of the others. */
export function EventTypes({ types, shown = SHOWN }: { types: readonly string[]; shown?: number }) {
  const more = types.slice(shown);
  return (
    <Group gap={6} component="span">
      {types.slice(0, shown).map((type, index) => (
        <span key={type}>
          <Mono>{type}</Mono>
          {index < Math.min(types.length, shown) - 1 && ','}
        </span>
      ))}
      {more.length > 0 && (
        <Tooltip label={more.join(', ')} multiline maw={360}>
          <Text span size="xs" c="dimmed">
            +{more.length}
          </Text>
        </Tooltip>
      )}
    </Group>
  );
}
