import { Button, Group, Text } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { formatCount } from '../../components/format-number.js';
import { RetrySelectedModal } from './retry-selected-modal.js';
import classes from './delivery-list.module.css';
import type { Selection } from './use-selection.js';

/** Actions for the selected rows. Floats above the rows to avoid layout shift. */
export function SelectionBar({ selection }: { selection: Selection }) {
  const [confirming, setConfirming] = useState<readonly string[] | null>(null);
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
                (maximum)
              </Text>
            )}
          </Text>
          <Group gap="xs" wrap="nowrap">
            <Button variant="default" size="xs" onClick={() => selection.replace([])}>
              Clear selection
            </Button>
            <Button
              size="xs"
              leftSection={<RotateCcw size={14} aria-hidden />}
              onClick={() => setConfirming([...selection.ids])}
            >
              Retry selected
            </Button>
          </Group>
        </div>
      )}
      {confirming && (
        <RetrySelectedModal
          ids={confirming}
          onClose={() => setConfirming(null)}
          onFinished={() => selection.replace([])}
        />
      )}
    </>
  );
}
