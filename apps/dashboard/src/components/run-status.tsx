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
  if (status === 'running') return <Badge tone="busy" icon={RotateCw} label={t('Running')} />;
  if (status === 'cancelled') return <Badge tone="calm" icon={Ban} label={t('Cancelled')} />;
  if (failed !== null && failed > 0)
    return <Badge tone="bad" icon={CircleX} label={t('Completed, {{failed, number}} failed', { failed })} />;
  return <Badge tone="good" icon={CircleCheck} label={t('Completed')} />;
}
