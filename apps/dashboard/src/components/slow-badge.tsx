import { Turtle } from 'lucide-react';
import type { Webhook } from '../api/types.js';
import { Badge } from './badge.js';
import { t } from '../i18n/t.js';

export function SlowBadge() {
  return (
    <Badge tone="warn" icon={Turtle}>
      {t('Slow')}
    </Badge>
  );
}

/** Returns whether to call a webhook slow. A failing one uses the slow lane too, but its failures are the news. */
export function isSlow({ slow, health }: Webhook): boolean {
  return slow && health.state !== 'failing';
}
