import { Button, Group, Text } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import classes from './delivery-list.module.css';
import type { Selection } from './use-selection.js';
import { t } from '../../i18n/t.js';

// Loaded on demand.
const RetrySelectedModal = lazy(() => import('./retry-selected-modal.js'));

/** Actions for the selected rows. Floats above the rows to avoid layout shift. */
export function SelectionBar({ selection }: { selection: Selection }) {
  const [confirming, setConfirming] = useState<readonly string[] | null>(null);
  const count = selection.ids.size;
  return (
    <>
      {count > 0 && (
        <div className={classes.selection} role="region" data-floating aria-label={t('Selection')}>
          <Text size="sm" fw={500}>
            {t('{{count, number}} selected', { count })}
            {selection.isFull && (
              <Text span size="sm" c="dimmed">
                {' '}
                {t('(maximum)')}
              </Text>
            )}
          </Text>
          <Group gap="xs">
            <Button variant="default" size="xs" onClick={() => selection.replace([])}>
              {t('Clear selection')}
            </Button>
            <Button
              size="xs"
              leftSection={<RotateCcw size={14} aria-hidden />}
              onClick={() => setConfirming([...selection.ids])}
            >
              {t('Retry selected')}
            </Button>
          </Group>
        </div>
      )}
      {confirming && (
        <Suspense>
          <RetrySelectedModal
            ids={confirming}
            onClose={() => setConfirming(null)}
            onFinished={() => selection.replace([])}
          />
        </Suspense>
      )}
    </>
  );
}
