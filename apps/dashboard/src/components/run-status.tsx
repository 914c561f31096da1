import { Ban, CircleCheck, CircleX, RotateCw } from 'lucide-react';
import { Badge } from './badge.js';
import { t } from '../i18n/t.js';

interface RunStatusProps {
  status: 'running' | 'completed' | 'cancelled';
  /** Deliveries that had failed when it finished; null while it is running. */
  failed: number | null;
}

/** The status of a replay or recovery, with its result. */
export function RunStatus({ status, failed }: RunStatusProps) {
  if (status === 'running')
    return (
      <Badge tone="busy" icon={RotateCw}>
        {t('Running')}
      </Badge>
    );
  if (status === 'cancelled')
    return (
      <Badge tone="calm" icon={Ban}>
        {t('Cancelled')}
      </Badge>
    );
  if (failed !== null && failed > 0)
    return (
      <Badge tone="bad" icon={CircleX}>
        {t('Completed, {{failed, number}} failed', { failed })}
      </Badge>
    );
  return (
    <Badge tone="good" icon={CircleCheck}>
      {t('Completed')}
    </Badge>
  );
}
