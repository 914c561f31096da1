import { Radio, RefreshCw, Unplug } from 'lucide-react';
import type { LiveState } from '../../api/use-event-stream.js';
import { Badge } from '../../components/badge.js';

/** Whether what is shown moves by itself. */
export function LiveBadge({ state }: { state: LiveState }) {
  return <span role="status">{badgeOf(state)}</span>;
}

function badgeOf(state: LiveState) {
  switch (state) {
    case 'open':
      return (
        <Badge tone="good" icon={Radio}>
          Live
        </Badge>
      );
    case 'connecting':
      return (
        <Badge tone="calm" icon={RefreshCw}>
          Connecting
        </Badge>
      );
    case 'lost':
      return (
        <Badge tone="warn" icon={Unplug}>
          Reconnecting
        </Badge>
      );
  }
}
