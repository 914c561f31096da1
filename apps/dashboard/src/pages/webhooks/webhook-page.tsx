import { Group } from '@mantine/core';
import { getRouteApi, Outlet, useChildMatches } from '@tanstack/react-router';
import { access } from '../../access/current-access.js';
import { toProblem } from '../../problems/problem.js';
import { useCan } from '../../api/session.js';
import type { Webhook } from '../../api/types.js';
import { CopyButton } from '../../components/copy-button.js';
import { HealthBadge } from '../../components/health-badge.js';
import { LinkButton } from '../../components/link-button.js';
import { Page } from '../../components/page.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { isSlow, SlowBadge } from '../../components/slow-badge.js';
import { StatusBadge } from '../../components/status-badge.js';
import { SuspendedTenantOf } from '../../components/suspended-tenant.js';
import { TabBar, TabLink } from '../../components/tab-links.js';
import { TextLink } from '../../components/text-link.js';
import { webhookTitle } from '../../components/webhook-name.js';
import { RecoverButton } from '../recoveries/recover-button.js';
import { WebhookActions } from './actions/webhook-actions.js';
import { MuteAlert } from './mute-alert.js';
import { useWebhookQuery } from './use-webhook.js';
import { ValidationPanel } from './validation/validation-panel.js';
import { WebhookAlerts } from './webhook-alerts.js';
import classes from './webhook-page.module.css';
import { t } from '../../i18n/t.js';

const route = getRouteApi('/_app/webhooks/$webhookId');

const TABS = {
  '/webhooks/$webhookId': t('Overview'),
  '/webhooks/$webhookId/deliveries': t('Deliveries'),
  '/webhooks/$webhookId/replays': t('Replays'),
  '/webhooks/$webhookId/settings': t('Settings'),
} as const;

type Tab = keyof typeof TABS;

const REPLAYS: Tab = '/webhooks/$webhookId/replays';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
const TAB_PATHS = Object.keys(TABS) as Tab[];

const TABS_WITH_DELIVERIES: ReadonlySet<Tab> = new Set([
  '/webhooks/$webhookId/deliveries',
  '/webhooks/$webhookId/replays',
]);

/** One webhook: its heading, actions, validation and tabs. */
export function WebhookPage() {
  const { webhookId } = route.useParams();
  const query = useWebhookQuery();
  // After other failures, the last state stays visible.
  const isDeleted = query.error !== null && toProblem(query.error).status === 404;
  const webhook = isDeleted ? undefined : query.data;
  const canEdit = useCan('webhooks:write');
  const tab = useTab();
  return (
    <Page
      title={webhook ? `${TABS[tab]} · ${webhookTitle(webhook)}` : t('Webhook')}
      above={<TextLink to="/webhooks">{t('Webhooks')}</TextLink>}
      heading={webhook ? <Heading webhook={webhook} /> : webhookId}
      description={webhook?.description ?? undefined}
      actions={
        webhook && (
          <>
            {webhook.status === 'active' && webhook.delivery === 'push' && (
              <RecoverButton
                scope={{ webhookId }}
                title={t('Recover this webhook')}
                since={webhook.health.state === 'failing' ? webhook.health.since : null}
              />
            )}
            {canEdit && isInSetup(webhook) && (
              <LinkButton to="/webhooks/$webhookId/setup" params={{ webhookId }} variant="default">
                {t('Continue setup')}
              </LinkButton>
            )}
            <WebhookActions webhook={webhook} />
          </>
        )
      }
    >
      {webhook ? (
        <>
          <SuspendedTenantOf tenantId={webhook.tenantId} />
          <WebhookAlerts webhook={webhook} />
          <MuteAlert webhook={webhook} />
          {needsValidation(webhook) && (
            <ValidationPanel key={webhook.pendingUrl ?? webhook.url} webhook={webhook} />
          )}
          <Tabs webhook={webhook} />
          <Outlet />
        </>
      ) : (
        <QueryPlaceholder query={query} heights={[40, 360]} />
      )}
    </Page>
  );
}

function Heading({ webhook }: { webhook: Webhook }) {
  const { url, status, delivery } = webhook;
  return (
    <span className={classes.heading}>
      <span>
        {webhookTitle(webhook)} {url !== null && <CopyButton value={url} what={t('URL')} />}
      </span>
      <Group gap={6} component="span">
        <StatusBadge status={status} />
        {status === 'active' && delivery === 'push' && <HealthBadge webhook={webhook} />}
        {isSlow(webhook) && <SlowBadge />}
      </Group>
    </span>
  );
}

/** Returns the open tab. */
function useTab(): Tab {
  const open = useChildMatches({ select: (matches) => matches[0]?.fullPath.replace(/\/$/, '') });
  return TAB_PATHS.find((path) => path === open) ?? '/webhooks/$webhookId';
}

function Tabs({ webhook: { id: webhookId, delivery } }: { webhook: Webhook }) {
  const seesDeliveries = useCan('deliveries:read');
  return (
    <TabBar label={t('Webhook')}>
      {TAB_PATHS.filter(
        (path) =>
          (seesDeliveries || !TABS_WITH_DELIVERIES.has(path)) && (delivery === 'push' || path !== REPLAYS),
      ).map((path) => (
        <TabLink
          key={path}
          to={path}
          params={{ webhookId }}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {TABS[path]}
        </TabLink>
      ))}
    </TabBar>
  );
}

/** Returns whether the customer may still be setting the webhook up. Operators use the API. */
function isInSetup({ status, delivery, health }: Webhook): boolean {
  const isNew = status === 'pending_validation' || (status === 'active' && health.lastAttemptAt === null);
  return access.kind === 'portal' && delivery === 'push' && isNew;
}

/** Returns whether the URL, or a new URL that will replace it, is not validated yet. An attested URL can be validated. */
function needsValidation({ delivery, validatedAt, pendingUrl }: Webhook): boolean {
  return delivery === 'push' && (validatedAt === null || pendingUrl !== null);
}
