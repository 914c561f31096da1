import { Text } from '@mantine/core';
import { CircleDashed, Gauge, HeartPulse, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { Webhook } from '../api/types.js';
import { useNow } from '../search/use-now.js';
import { Badge, type Tone } from './badge.js';
import { formatAge, formatPercent } from './format-number.js';
import { LastResult } from './last-result.js';
import { t } from '../i18n/t.js';

type Health = Webhook['health'];
type HealthState = Health['state'];

const STATES: Record<HealthState, { label: string; tone: Tone; icon: LucideIcon }> = {
  healthy: { label: t('Healthy'), tone: 'good', icon: HeartPulse },
  throttled: { label: t('Throttled'), tone: 'warn', icon: Gauge },
  failing: { label: t('Failing'), tone: 'bad', icon: TriangleAlert },
};

const REFRESH_MS = 15_000;

/** The health of an active webhook. Others have none: their status says why. */
export function HealthBadge({ webhook: { status, health } }: { webhook: Webhook }) {
  if (status !== 'active')
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  if (health.state === 'healthy' && !hasAttempts(health))
    return <Badge tone="calm" icon={CircleDashed} label={t('No deliveries yet')} />;
  const { label, tone, icon } = STATES[health.state];
  return <Badge tone={tone} icon={icon} label={label} />;
}

/** The last result of a webhook, the share of failed attempts, and since when it has its health. For lists. */
export function HealthNote({ health }: { health: Health }) {
  const now = useNow(REFRESH_MS);
  if (!hasAttempts(health)) return null;
  const { state, since, failureRate } = health;
  return (
    <Text size="xs" c="dimmed" truncate>
      <LastResult result={health} />
      {failureRate !== null &&
        failureRate > 0 &&
        ` · ${t('{{percent}} failed', { percent: formatPercent(failureRate) })}`}
      {state !== 'healthy' &&
        since !== null &&
        ` · ${t('for {{age}}', { age: formatAge((now - Date.parse(since)) / 1000) })}`}
    </Text>
  );
}

export function healthLabel(state: HealthState): string {
  return STATES[state].label;
}

function hasAttempts({ lastStatus, lastError }: Health): boolean {
  return lastStatus !== null || lastError !== null;
}
