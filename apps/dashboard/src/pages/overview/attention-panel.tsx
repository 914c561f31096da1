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
  const { failing, suspended, slow, backlog, expiring, rejectedEvents } = attention;
  const isOperator = useSeesAllTenants();
  const parts = [
    failing.total > 0 && <Failing key="failing" {...failing} />,
    suspended.total > 0 && <Suspended key="suspended" {...suspended} />,
    slow.total > 0 && <Slow key="slow" {...slow} />,
    backlog.total > 0 && <Backlog key="backlog" {...backlog} />,
    expiring.total > 0 && <Expiring key="expiring" {...expiring} />,
    isOperator && rejectedEvents.total > 0 && <RejectedEvents key="rejected" {...rejectedEvents} />,
  ].filter((part) => part !== false);
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

function Failing({ total, webhooks }: Attention['failing']) {
  return (
    <Part
      title={t('Failing')}
      all={
        <TextLink inherit to="/webhooks" search={{ health: 'failing' }}>
          {t('View all {{count, number}}', { count: total })}
        </TextLink>
      }
      action={<RecoverFailing since={webhooks.map(({ since }) => since)} />}
      webhooks={webhooks}
      renderNote={(webhook) => <FailureReason webhook={webhook} />}
    />
  );
}

function Suspended({ total, webhooks }: Attention['suspended']) {
  return (
    <Part
      title={t('Suspended by the system')}
      all={
        <TextLink inherit to="/webhooks" search={{ status: 'suspended', suspendedBy: 'system' }}>
          {t('View all {{count, number}}', { count: total })}
        </TextLink>
      }
      webhooks={webhooks}
      renderNote={({ suspendedAt }) => <Time at={suspendedAt} relative />}
    />
  );
}

function Slow({ webhooks }: Attention['slow']) {
  return (
    <Part
      title={t('Slowest to respond')}
      all={
        <TextLink inherit to="/webhooks" search={{ slow: 'true' }}>
          {t('View slow webhooks')}
        </TextLink>
      }
      webhooks={webhooks}
      renderNote={({ averageMs }) => t('{{duration}} on average', { duration: formatDuration(averageMs) })}
    >
      {t('Average time from connecting to the end of the response, in the last 10 minutes')}
    </Part>
  );
}

function Backlog({ webhooks }: Attention['backlog']) {
  return (
    <Part
      title={t('Longest backlog')}
      all={
        <TextLink inherit to="/deliveries" search={{ status: 'pending' }}>
          {t('View pending deliveries')}
        </TextLink>
      }
      webhooks={webhooks}
      renderNote={({ pending, oldestAt }) =>
        tNode('{{pending}} pending, oldest {{time}}', {
          pending: formatCount(pending),
          time: <Time at={oldestAt} relative />,
        })
      }
    />
  );
}

function Expiring({ certificates }: Attention['expiring']) {
  return (
    <section className={classes.part}>
      <div className={classes.head}>
        <h3 className={classes.title}>{t('Certificates that expire soon')}</h3>
      </div>
      <ul className={classes.list}>
        {certificates.map((certificate) => (
          <li key={`${certificate.webhookId ?? certificate.tenantId}/${certificate.kind}`}>
            <CertificateOwner certificate={certificate} />
            <span className={classes.note}>
              {certificate.kind === 'client' ? t('Client certificate') : t('Trusted authorities')} ·{' '}
              <Time at={certificate.notAfter} relative />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function CertificateOwner({ certificate }: { certificate: Attention['expiring']['certificates'][number] }) {
  const { webhookId, tenantId, url, description } = certificate;
  // Only operators see the page of a tenant.
  if (webhookId === null) return <TenantName id={tenantId} />;
  return (
    <TextLink
      to="/webhooks/$webhookId/settings"
      params={{ webhookId }}
      className={classes.url}
      c="inherit"
      inherit
    >
      {url ?? webhookId}
      <WebhookDescription>{description}</WebhookDescription>
    </TextLink>
  );
}

function RejectedEvents({ total, lastAt }: Attention['rejectedEvents']) {
  return (
    <Part
      title="Rejected events"
      all={
        <TextLink inherit to="/rejected-events" search={{ range: '24h' }}>
          View all
        </TextLink>
      }
    >
      {formatCount(total)} in the last 24 hours, the last one <Time at={lastAt} relative />
    </Part>
  );
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
  if (!useCan('webhooks:operate', 'notifications')) return null;
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

interface ListedWebhook {
  webhookId: string;
  tenantId: string;
  url?: string | null;
  description?: string | null;
  /** Only of states that can be acknowledged. */
  acknowledgedAt?: string | null;
}

interface PartProps<Webhook> {
  title: string;
  /** The link to the filtered list. */
  all: ReactNode;
  action?: ReactNode;
  webhooks?: Webhook[];
  renderNote?: (webhook: Webhook) => ReactNode;
  children?: ReactNode;
}

function Part<Webhook extends ListedWebhook>(props: PartProps<Webhook>) {
  const { title, all, action, webhooks = [], renderNote, children } = props;
  const showsTenants = useShowsTenants();
  return (
    <section className={classes.part}>
      <div className={classes.head}>
        <h3 className={classes.title}>{title}</h3>
        {all}
        {action}
      </div>
      {children !== undefined && <Text size="sm">{children}</Text>}
      {webhooks.length > 0 && (
        <ul className={classes.list}>
          {webhooks.map((webhook) => (
            <li key={webhook.webhookId}>
              <TextLink
                to="/webhooks/$webhookId"
                params={{ webhookId: webhook.webhookId }}
                className={classes.url}
                c="inherit"
                inherit
              >
                {webhook.url ?? webhook.webhookId}
                <WebhookDescription>{webhook.description}</WebhookDescription>
              </TextLink>
              <span className={classes.note}>
                {showsTenants && (
                  <>
                    <TenantName id={webhook.tenantId} /> ·{' '}
                  </>
                )}
                {renderNote?.(webhook)}
                {webhook.acknowledgedAt && ` · ${t('Acknowledged')}`}
                {webhook.acknowledgedAt === null && (
                  <AcknowledgeButton id={webhook.webhookId} name={webhook.url ?? webhook.webhookId} />
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
