import { Alert } from '@mantine/core';
import { Ghost, Pause, TriangleAlert } from 'lucide-react';
import type { Webhook } from '../../api/types.js';
import { formatPercent } from '../../components/format-number.js';
import { lastResultText } from '../../components/last-result.js';
import { Time } from '../../components/time.js';
import { BlockedAlert } from './blocked/blocked-alert.js';
import { BAD_ALERT, WARN_ALERT } from '../../components/alert-colors.js';
import { t, tNode } from '../../i18n/t.js';

/** Why a webhook gets no deliveries, or not all of them. */
export function WebhookAlerts({ webhook }: { webhook: Webhook }) {
  if (webhook.status === 'suspended') return <Suspension webhook={webhook} />;
  if (webhook.shadow) return <Shadow />;
  if (webhook.status !== 'active') return null;
  const { state, blocked } = webhook.health;
  return (
    <>
      {state === 'failing' && <Failing webhook={webhook} />}
      {blocked && <BlockedAlert blocked={blocked} />}
    </>
  );
}

function Suspension({ webhook }: { webhook: Webhook }) {
  const { delivery, suspendedAt, suspendedBy, suspendReason } = webhook;
  const time = <Time at={suspendedAt} />;
  return (
    <Alert
      classNames={WARN_ALERT}
      title={t('Suspended by {{name}}', { name: suspenderName(suspendedBy) })}
      icon={<Pause size={18} aria-hidden />}
      role="status"
    >
      {reasonText(suspendReason)}{' '}
      {delivery === 'push'
        ? tNode('Nothing has been sent to this webhook since {{time}}.', { time })
        : tNode('No events have been added to its feed since {{time}}.', { time })}
    </Alert>
  );
}

/** Only operators see it. */
function Shadow() {
  return (
    <Alert classNames={WARN_ALERT} title="Shadow mode" icon={<Ghost size={18} aria-hidden />} role="status">
      Deliveries are recorded but not sent, and are not included in statistics.
    </Alert>
  );
}

function Failing({ webhook: { health } }: { webhook: Webhook }) {
  const { since, failureRate } = health;
  return (
    <Alert
      classNames={BAD_ALERT}
      title={t('Failing')}
      icon={<TriangleAlert size={18} aria-hidden />}
      role="status"
    >
      {since !== null && <>{tNode('Since {{time}}.', { time: <Time at={since} /> })} </>}
      {t('Last result: {{result}}.', { result: lastResultText(health) ?? '–' })}
      {failureRate !== null &&
        ` ${t('{{percent}} of the attempts in the last 10 minutes failed.', { percent: formatPercent(failureRate) })}`}
    </Alert>
  );
}

function suspenderName(suspendedBy: Webhook['suspendedBy']): string {
  switch (suspendedBy?.kind ?? null) {
    case 'system':
      return t('the system');
    case 'operator':
      return suspendedBy?.name ?? t('an operator');
    case 'tenant':
      return suspendedBy?.name ?? t('your team');
    case null:
      return t('an unknown key');
  }
}

const REASONS: Record<string, string> = {
  failing: t('No delivery succeeded for several days.'),
  gone: t('The receiver responded with 410 Gone.'),
  failover: t('The webhook was suspended again because a system failure had undone an earlier suspension.'),
  ordered_backlog: t('More deliveries waited for their turn than the installation allows.'),
  manual: t('No reason was given.'),
};

/** The reason of a person is shown as it was written. */
function reasonText(reason: string | null): string {
  return reason === null ? '' : (REASONS[reason] ?? t('Reason: {{reason}}.', { reason }));
}
