import { Button, Group, Text } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { formatCount } from '../../components/format-number.js';
import { RetrySelectedModal } from './retry-selected-modal.js';
import classes from './delivery-list.module.css';
import { MAX_SELECTED, type Selection } from './use-selection.js';

/** What can be done with what is selected. It floats above the rows, so that nothing moves when it comes. */
export function SelectionBar({ selection }: { selection: Selection }) {
  const [asked, setAsked] = useState<readonly string[] | null>(null);
  const count = selection.ids.size;
  return (
    <>
      {count > 0 && (
        <div className={classes.selection} role="region" aria-label="Selection">
          <Text size="sm" fw={500}>
            {formatCount(count)} selected
            {selection.isFull && (
              <Text span size="sm" c="dimmed">
                {' '}
                (at most {MAX_SELECTED})
              </Text>
            )}
          </Text>
          <Group gap="xs" wrap="nowrap">
            <Button variant="default" size="xs" onClick={() => selection.replace([])}>
              Clear
            </Button>
            <Button
              size="xs"
              leftSection={<RotateCcw size={14} aria-hidden />}
              onClick={() => setAsked([...selection.ids])}
            >
              Deliver again
            </Button>
          </Group>
        </div>
      )}
      {asked && (
        <RetrySelectedModal
          ids={asked}
          onClose={() => setAsked(null)}
          onEnded={() => selection.replace([])}
        />
      )}
    </>
  );
}
