import { Radio, RefreshCw, Unplug } from 'lucide-react';
import type { ConnectionState } from '../../api/use-event-stream.js';
import { Badge } from '../../components/badge.js';
import { t } from '../../i18n/t.js';

/** Shows whether the page receives live updates. */
export function ConnectionBadge({ state }: { state: ConnectionState }) {
  return <span role="status">{badgeOf(state)}</span>;
}

function badgeOf(state: ConnectionState) {
  switch (state) {
    case 'open':
      return <Badge tone="good" icon={Radio} label={t('Live')} />;
    case 'connecting':
      return <Badge tone="calm" icon={RefreshCw} label={t('Connecting')} />;
    case 'lost':
      return <Badge tone="warn" icon={Unplug} label={t('Reconnecting')} />;
  }
}
