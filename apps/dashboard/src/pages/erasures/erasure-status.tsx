import { Text } from '@mantine/core';
import { CircleCheck, CircleX, RotateCw } from 'lucide-react';
import { Badge } from '../../components/badge.js';
import { t } from '../../i18n/t.js';
import { type Erasure, phaseText } from './erasure.js';

export function ErasureStatus({ status }: Pick<Erasure, 'status'>) {
  switch (status) {
    case 'running':
      return <Badge tone="busy" icon={RotateCw} label={t('Running')} />;
    case 'completed':
      return <Badge tone="good" icon={CircleCheck} label={t('Completed')} />;
    case 'failed':
      return <Badge tone="bad" icon={CircleX} label={t('Failed')} />;
  }
}

/** What a running erasure does, and how far it is. Nothing when it has ended. */
export function ErasureProgress({ erasure: { phase, done, total } }: { erasure: Erasure }) {
  if (phase === null) return null;
  return (
    <Text size="xs" c="dimmed" truncate>
      {phaseText(phase)} · {t('{{finished, number}} of {{total, number}}', { finished: done, total })}
    </Text>
  );
}
