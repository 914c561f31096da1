import { Group, Skeleton, Stack } from '@mantine/core';
import { getRouteApi, Outlet } from '@tanstack/react-router';
import { useCan } from '../../api/session.js';
import type { Webhook } from '../../api/types.js';
import { CopyButton } from '../../components/copy-button.js';
import { HealthBadge } from '../../components/health-badge.js';
import { Page } from '../../components/page.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { isSlow, SlowBadge } from '../../components/slow-badge.js';
import { StatusBadge } from '../../components/status-badge.js';
import { TabBar, TabLink } from '../../components/tab-links.js';
import { TextLink } from '../../components/text-link.js';
import { RecoverButton } from '../recoveries/recover-button.js';
import { WebhookActions } from './actions/webhook-actions.js';
import { MuteAlert } from './mute-alert.js';
import { useWebhookQuery } from './use-webhook.js';
import { ValidationPanel } from './validation/validation-panel.js';
import { WebhookAlerts } from './webhook-alerts.js';
import classes from './webhook-page.module.css';

const route = getRouteApi('/_app/webhooks/$webhookId');

/** One webhook: its heading, actions, validation and tabs. */
export function WebhookPage() {
  const { webhookId } = route.useParams();
  const { data: webhook, error, refetch, isFetching } = useWebhookQuery();
  const canEdit = useCan('webhooks:write');
  return (
    <Page
      title={webhook?.url ?? 'Webhook'}
      above={<TextLink to="/webhooks">Webhooks</TextLink>}
      heading={webhook ? <Heading webhook={webhook} /> : webhookId}
      description={webhook?.description ?? undefined}
      actions={
        webhook && (
          <>
            {webhook.status === 'active' && (
              <RecoverButton
                scope={{ webhookId }}
                what="this webhook"
                since={webhook.health.state === 'failing' ? webhook.health.since : null}
              />
            )}
            {canEdit && <WebhookActions webhook={webhook} />}
          </>
        )
      }
    >
      {webhook ? (
        <>
          <WebhookAlerts webhook={webhook} />
          <MuteAlert webhook={webhook} />
          {needsValidation(webhook) && (
            <ValidationPanel key={webhook.pendingUrl ?? webhook.url} webhook={webhook} />
          )}
          <Tabs webhookId={webhookId} />
          <Outlet />
        </>
      ) : error ? (
        <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />
      ) : (
        <Stack role="status" aria-label="Loading">
          <Skeleton height={40} />
          <Skeleton height={360} />
        </Stack>
      )}
    </Page>
  );
}

function Heading({ webhook }: { webhook: Webhook }) {
  const { url, status } = webhook;
  return (
    <span className={classes.heading}>
      <span>
        {url} <CopyButton value={url} what="URL" />
      </span>
      <Group gap={6} component="span">
        <StatusBadge status={status} />
        {status === 'active' && <HealthBadge webhook={webhook} />}
        {isSlow(webhook) && <SlowBadge />}
      </Group>
    </span>
  );
}

function Tabs({ webhookId }: { webhookId: string }) {
  const seesDeliveries = useCan('deliveries:read');
  const params = { webhookId };
  return (
    <TabBar label="Webhook">
      <TabLink
        to="/webhooks/$webhookId"
        params={params}
        activeOptions={{ exact: true, includeSearch: false }}
      >
        Overview
      </TabLink>
      {seesDeliveries && (
        <>
          <TabLink
            to="/webhooks/$webhookId/deliveries"
            params={params}
            activeOptions={{ includeSearch: false }}
          >
            Deliveries
          </TabLink>
          <TabLink to="/webhooks/$webhookId/replays" params={params} activeOptions={{ includeSearch: false }}>
            Replays
          </TabLink>
        </>
      )}
      <TabLink to="/webhooks/$webhookId/settings" params={params} activeOptions={{ includeSearch: false }}>
        Settings
      </TabLink>
    </TabBar>
  );
}

/** Returns whether the URL, or a new URL that will replace it, is not validated yet. An attested URL can be validated. */
function needsValidation({ validatedAt, pendingUrl }: Webhook): boolean {
  return validatedAt === null || pendingUrl !== null;
}
