import { Text } from '@mantine/core';
import { CircleDashed, Gauge, HeartPulse, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { Webhook } from '../api/types.js';
import { useNow } from '../search/use-now.js';
import { Badge, type Tone } from './badge.js';
import { formatAge } from './format-age.js';
import { formatPercent } from './format-number.js';
import { LastResult } from './last-result.js';

type Health = Webhook['health'];
type HealthState = Health['state'];

const STATES: Record<HealthState, { label: string; tone: Tone; icon: LucideIcon }> = {
  healthy: { label: 'Healthy', tone: 'good', icon: HeartPulse },
  throttled: { label: 'Throttled', tone: 'warn', icon: Gauge },
  failing: { label: 'Failing', tone: 'bad', icon: TriangleAlert },
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
    return (
      <Badge tone="calm" icon={CircleDashed}>
        No deliveries yet
      </Badge>
    );
  const { label, tone, icon } = STATES[health.state];
  return (
    <Badge tone={tone} icon={icon}>
      {label}
    </Badge>
  );
}

/** The last result of a webhook, the share of failed attempts, and since when it has its health. For lists. */
export function HealthNote({ health }: { health: Health }) {
  const now = useNow(REFRESH_MS);
  if (!hasAttempts(health)) return null;
  const { state, since, failureRate } = health;
  return (
    <Text size="xs" c="dimmed" truncate>
      <LastResult result={health} />
      {failureRate !== null && failureRate > 0 && ` · ${formatPercent(failureRate)} failed`}
      {state !== 'healthy' && since !== null && ` · for ${formatAge((now - Date.parse(since)) / 1000)}`}
    </Text>
  );
}

export function healthLabel(state: HealthState): string {
  return STATES[state].label;
}

function hasAttempts({ lastStatus, lastError }: Health): boolean {
  return lastStatus !== null || lastError !== null;
}
