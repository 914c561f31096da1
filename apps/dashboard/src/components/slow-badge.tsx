import { Tooltip } from '@mantine/core';
import { Turtle } from 'lucide-react';
import type { Webhook } from '../api/types.js';
import { Badge } from './badge.js';
import { t } from '../i18n/t.js';

/** What makes a webhook slow. */
export const SLOW_MEANING = t(
  'Slow: its latest requests failed or took longer than 1 second, from connecting to the end of the response.',
);

export function SlowBadge() {
  return (
    <Tooltip label={SLOW_MEANING} multiline maw={320}>
      <span>
        <Badge tone="warn" icon={Turtle} label={t('Slow')} />
      </span>
    </Tooltip>
  );
}

/** Returns whether to show a webhook as slow. A failing webhook uses the slow lane too, but is shown as failing. */
export function isSlow({ slow, health }: Webhook): boolean {
  return slow && health.state !== 'failing';
}
