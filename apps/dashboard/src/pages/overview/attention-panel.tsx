import { Button, Text } from '@mantine/core';
import { CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCan, useSeesAllTenants } from '../../api/session.js';
import { EmptyState } from '../../components/empty-state.js';
import { formatCount, formatDuration, formatPercent } from '../../components/format-number.js';
import { LastResult } from '../../components/last-result.js';
import { Panel } from '../../components/panel.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { WebhookDescription } from '../../components/webhook-name.js';
import type { components } from '../../generated/api.js';
import { useListedTenant, useShowsTenants } from '../../search/use-listed-tenant.js';
import { RecoverButton } from '../recoveries/recover-button.js';
import { useAcknowledge } from '../webhooks/use-acknowledge.js';
import classes from './attention-panel.module.css';
import { t, tNode } from '../../i18n/t.js';

type Attention = components['schemas']['Attention'];

/** What an operator, or a customer, should look at first. Each part leads to its filtered list. */
export function AttentionPanel({ attention }: { attention: Attention }) {
  const parts = partsOf(attention, useSeesAllTenants());
  return (
    <Panel title={t('Needs attention')} flush>
      {parts.length === 0 ? (
        <EmptyState title={t('Nothing needs attention')} icon={CircleCheck}>
          {t('No webhook is failing or slow, or has a backlog.')}
        </EmptyState>
      ) : (
        <div className={classes.parts}>{parts}</div>
      )}
    </Panel>
  );
}

/** Returns the parts that are not empty. */
function partsOf(
  { failing, suspended, slow, backlog, rejectedEvents }: Attention,
  isOperator: boolean,
): ReactNode[] {
  return [
    failing.total > 0 && (
      <Part
        key="failing"
        title={t('Failing')}
        all={
          <TextLink inherit to="/webhooks" search={{ health: 'failing' }}>
            {t('View all {{count, number}}', { count: failing.total })}
          </TextLink>
        }
        action={<RecoverFailing since={failing.webhooks.map(({ since }) => since)} />}
        rows={failing.webhooks.map((webhook) => ({
          ...webhook,
          note: <FailureReason webhook={webhook} />,
        }))}
      />
    ),
    suspended.total > 0 && (
      <Part
        key="suspended"
        title={t('Suspended by the system')}
        all={
          <TextLink inherit to="/webhooks" search={{ status: 'suspended', suspendedBy: 'system' }}>
            {t('View all {{count, number}}', { count: suspended.total })}
          </TextLink>
        }
        rows={suspended.webhooks.map((webhook) => ({
          ...webhook,
          note: <Time at={webhook.suspendedAt} relative />,
        }))}
      />
    ),
    slow.total > 0 && (
      <Part
        key="slow"
        title={t('Slowest to respond')}
        all={
          <TextLink inherit to="/webhooks" search={{ slow: 'true' }}>
            {t('View slow webhooks')}
          </TextLink>
        }
        rows={slow.webhooks.map((webhook) => ({
          ...webhook,
          note: t('{{duration}} on average', { duration: formatDuration(webhook.averageMs) }),
        }))}
      >
        {t('Average time from connecting to the end of the response, in the last 10 minutes')}
      </Part>
    ),
    backlog.total > 0 && (
      <Part
        key="backlog"
        title={t('Longest backlog')}
        all={
          <TextLink inherit to="/deliveries" search={{ status: 'pending' }}>
            {t('View pending deliveries')}
          </TextLink>
        }
        rows={backlog.webhooks.map((webhook) => ({
          ...webhook,
          note: tNode('{{pending}} pending, oldest {{time}}', {
            pending: formatCount(webhook.pending),
            time: <Time at={webhook.oldestAt} relative />,
          }),
        }))}
      />
    ),
    isOperator && rejectedEvents.total > 0 && (
      <Part
        key="rejected"
        title="Rejected events"
        all={
          <TextLink inherit to="/rejected-events" search={{ range: '24h' }}>
            View all
          </TextLink>
        }
        rows={[]}
      >
        {formatCount(rejectedEvents.total)} in the last 24 hours, the last one{' '}
        <Time at={rejectedEvents.lastAt} relative />
      </Part>
    ),
  ].filter((part) => part !== false);
}

/** The last result, the share of failed attempts, and since when: `503 · 80 % failed · started 5 minutes ago`. */
function FailureReason({ webhook }: { webhook: Attention['failing']['webhooks'][number] }) {
  const { failureRate, since } = webhook;
  return (
    <>
      <LastResult result={webhook} />
      {failureRate !== null && ` · ${t('{{percent}} failed', { percent: formatPercent(failureRate) })}`}
      {since !== null && <> · {tNode('started {{time}}', { time: <Time at={since} relative /> })}</>}
    </>
  );
}

/** Recovers the listed tenants since the first of the outages. */
function RecoverFailing({ since }: { since: (string | null)[] }) {
  const tenantId = useListedTenant();
  const first = since.filter((time) => time !== null).toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
  return (
    <RecoverButton
      size="compact-sm"
      scope={{ tenantId }}
      title={useShowsTenants() ? 'Recover all tenants' : t('Recover all webhooks')}
      since={first ?? null}
    />
  );
}

function AcknowledgeButton({ id, name }: { id: string; name: string }) {
  const { acknowledge, isPending } = useAcknowledge();
  if (!useCan('webhooks:write', 'notifications')) return null;
  return (
    <Button
      variant="subtle"
      size="compact-xs"
      ml={4}
      aria-label={t('Acknowledge {{name}}', { name })}
      loading={isPending}
      onClick={() => acknowledge(id)}
    >
      {t('Acknowledge')}
    </Button>
  );
}

interface PartProps {
  title: string;
  /** The link to the filtered list. */
  all: ReactNode;
  action?: ReactNode;
  rows: Row[];
  children?: ReactNode;
}

interface Row {
  webhookId: string;
  tenantId: string;
  url?: string;
  description?: string | null;
  note: ReactNode;
  /** Only of states that can be acknowledged. */
  acknowledgedAt?: string | null;
}

function Part({ title, all, action, rows, children }: PartProps) {
  const showsTenants = useShowsTenants();
  return (
    <section className={classes.part}>
      <div className={classes.head}>
        <h3 className={classes.title}>{title}</h3>
        {all}
        {action}
      </div>
      {children !== undefined && <Text size="sm">{children}</Text>}
      {rows.length > 0 && (
        <ul className={classes.list}>
          {rows.map(({ webhookId, tenantId, url, description, note, acknowledgedAt }) => (
            <li key={webhookId}>
              <TextLink
                to="/webhooks/$webhookId"
                params={{ webhookId }}
                className={classes.url}
                c="inherit"
                inherit
              >
                {url ?? webhookId}
                <WebhookDescription>{description}</WebhookDescription>
              </TextLink>
              <span className={classes.note}>
                {showsTenants && (
                  <>
                    <TenantName id={tenantId} /> ·{' '}
                  </>
                )}
                {note}
                {acknowledgedAt && ` · ${t('Acknowledged')}`}
                {acknowledgedAt === null && <AcknowledgeButton id={webhookId} name={url ?? webhookId} />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
