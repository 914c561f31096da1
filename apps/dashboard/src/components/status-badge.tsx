import { Ban, CircleCheck, CircleX, Clock, Hourglass, Inbox, Pause, type LucideIcon } from 'lucide-react';
import type { components } from '../generated/api.js';
import { Badge, type Tone } from './badge.js';
import { t } from '../i18n/t.js';

type Schemas = components['schemas'];
export type Status = Schemas['Webhook']['status'] | Schemas['Delivery']['status'];

const STATUSES: Record<Status, { label: string; tone: Tone; icon: LucideIcon }> = {
  pending_validation: { label: t('Pending validation'), tone: 'warn', icon: Hourglass },
  active: { label: t('Active'), tone: 'good', icon: CircleCheck },
  suspended: { label: t('Suspended'), tone: 'calm', icon: Pause },
  pending: { label: t('Pending'), tone: 'busy', icon: Clock },
  succeeded: { label: t('Succeeded'), tone: 'good', icon: CircleCheck },
  failed: { label: t('Failed'), tone: 'bad', icon: CircleX },
  dropped: { label: t('Dropped'), tone: 'calm', icon: Ban },
  available: { label: t('Available'), tone: 'good', icon: Inbox },
};

/** The status of a webhook or delivery. */
export function StatusBadge({ status }: { status: Status }) {
  const { label, tone, icon } = STATUSES[status];
  return <Badge tone={tone} icon={icon} label={label} />;
}

export function statusLabel(status: Status): string {
  return STATUSES[status].label;
}
