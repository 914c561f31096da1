import { HandHelping, History, LifeBuoy, type LucideIcon } from 'lucide-react';
import type { Attempt } from '../../api/types.js';
import { Badge } from '../../components/badge.js';
import { t } from '../../i18n/t.js';

type UnscheduledTrigger = Exclude<Attempt['trigger'], 'schedule'>;

const TRIGGERS: Record<UnscheduledTrigger, { label: string; icon: LucideIcon }> = {
  retry: { label: t('Manual retry'), icon: HandHelping },
  replay: { label: t('By replay'), icon: History },
  recovery: { label: t('By recovery'), icon: LifeBuoy },
};

/** Marks an attempt that was not made by the schedule of its delivery. */
export function TriggerBadge({ trigger }: { trigger: UnscheduledTrigger }) {
  const { label, icon } = TRIGGERS[trigger];
  return <Badge tone="calm" icon={icon} label={label} />;
}
