import { CircleCheck, Pause, Trash2, type LucideIcon } from 'lucide-react';
import { Badge, type Tone } from '../../components/badge.js';
import type { Tenant } from './tenant.js';

const STATUSES: Record<Tenant['status'], { label: string; tone: Tone; icon: LucideIcon }> = {
  active: { label: 'Active', tone: 'good', icon: CircleCheck },
  suspended: { label: 'Suspended', tone: 'warn', icon: Pause },
  deleted: { label: 'Deleted', tone: 'calm', icon: Trash2 },
};

export function TenantStatusBadge({ status }: Pick<Tenant, 'status'>) {
  const { label, tone, icon } = STATUSES[status];
  return <Badge tone={tone} icon={icon} label={label} />;
}

/** The statuses as options of a filter. */
export const STATUS_OPTIONS = Object.entries(STATUSES).map(([value, { label }]) => ({ value, label }));
