import { Alert } from '@mantine/core';
import { Pause, TriangleAlert } from 'lucide-react';
import type { Webhook } from '../../api/types.js';
import { formatPercent } from '../../components/format-number.js';
import { lastResultText } from '../../components/last-result.js';
import { Time } from '../../components/time.js';
import classes from './webhook-alerts.module.css';

/** Why a webhook gets no deliveries, or not all of them. */
export function WebhookAlerts({ webhook }: { webhook: Webhook }) {
  if (webhook.status === 'suspended') return <Suspension webhook={webhook} />;
  if (webhook.status === 'active' && webhook.health.state === 'failing') return <Failing webhook={webhook} />;
  return null;
}

function Suspension({ webhook: { suspendedAt, suspendedBy, suspendReason } }: { webhook: Webhook }) {
  return (
    <Alert
      classNames={{ root: classes.suspended, title: classes.title, icon: classes.icon }}
      title={`Suspended by ${suspenderName(suspendedBy)}`}
      icon={<Pause size={18} aria-hidden />}
      role="status"
    >
      {reasonText(suspendReason)} Since <Time at={suspendedAt} />, nothing is sent to this webhook.
    </Alert>
  );
}

function Failing({ webhook: { health } }: { webhook: Webhook }) {
  const { since, failureRate } = health;
  return (
    <Alert
      classNames={{ root: classes.failing, title: classes.title, icon: classes.icon }}
      title="Failing"
      icon={<TriangleAlert size={18} aria-hidden />}
      role="status"
    >
      {since !== null && (
        <>
          Since <Time at={since} />.{' '}
        </>
      )}
      Last result: {lastResultText(health)}.
      {failureRate !== null &&
        ` ${formatPercent(failureRate)} of the attempts in the last 10 minutes failed.`}
    </Alert>
  );
}

function suspenderName(suspendedBy: Webhook['suspendedBy']): string {
  switch (suspendedBy?.kind ?? null) {
    case 'system':
      return 'the system';
    case 'operator':
      return suspendedBy?.name ?? 'an operator';
    case 'tenant':
      return suspendedBy?.name ?? 'your team';
    case null:
      return 'an unknown key';
  }
}

const REASONS: Record<string, string> = {
  failing: 'There was no successful delivery for days.',
  gone: 'The endpoint responded with 410 Gone.',
  failover: 'The database lost an earlier suspension in a failover.',
  manual: 'No reason was given.',
};

/** The reason of a person is shown as it was written. */
function reasonText(reason: string | null): string {
  return reason === null ? '' : (REASONS[reason] ?? `Reason: ${reason}.`);
}
