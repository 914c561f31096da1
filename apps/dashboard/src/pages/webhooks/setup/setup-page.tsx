import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { CircleCheck, CircleDashed } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { useAllows, useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { Badge } from '../../../components/badge.js';
import { LinkButton } from '../../../components/link-button.js';
import { Page } from '../../../components/page.js';
import { Panel } from '../../../components/panel.js';
import { QueryPlaceholder } from '../../../components/query-placeholder.js';
import { TextLink } from '../../../components/text-link.js';
import { t } from '../../../i18n/t.js';
import { useSearchParams } from '../../../search/use-search-params.js';
import { NotFound } from '../../../components/not-found.js';
import { hasOnlyEd25519 } from '../format/ed25519-format.js';
import { webhookQuery } from '../use-webhook.js';
import { ValidationPanel } from '../validation/validation-panel.js';
import { FirstEvent, useFirstDelivery } from './first-event.js';

// Loaded after the page.
const VerificationSnippet = lazy(() => import('./verification-snippet.js'));
const SigningKeys = lazy(() => import('../secrets/signing-keys.js'));
const TestForm = lazy(() => import('../actions/test-form.js'));

const SNIPPET_HEIGHT = 400;
const REFRESH_MS = 5000;

const route = getRouteApi('/_app/webhooks_/$webhookId/setup');

/**
 * The steps from a new webhook to its first event. The server knows the state of validation and of the first event, and the URL that
 * of the other steps, so that all survive a reload. Every step can be skipped.
 */
export function SetupPage() {
  const { webhookId } = route.useParams();
  const canEdit = useCan('webhooks:write');
  const query = useQuery({ ...webhookQuery(webhookId), refetchInterval: REFRESH_MS });
  const { data } = query;
  if (!canEdit || data?.delivery === 'pull') return <NotFound />;
  return (
    <Page
      title={t('Set up webhook')}
      description={data?.url ?? undefined}
      above={
        <TextLink to="/webhooks/$webhookId" params={{ webhookId }}>
          {t('Webhook')}
        </TextLink>
      }
    >
      {data ? <Steps webhook={data} /> : <QueryPlaceholder query={query} heights={[SNIPPET_HEIGHT]} />}
    </Page>
  );
}

function Steps({ webhook }: { webhook: Webhook }) {
  const [search, change] = useSearchParams();
  const canTest = useCan('webhooks:write', 'test');
  const isActive = webhook.status === 'active';
  const isVerified = search['verified'] === 'true';
  const isTested = search['tested'] === 'true';
  const first = useFirstDelivery(webhook.id, isActive);
  return (
    <Stack maw={760}>
      <Step title={t('1. Verify signatures')} done={isVerified}>
        <Verification webhook={webhook} />
        {!isVerified && (
          <Group>
            <Button variant="default" onClick={() => change({ verified: 'true' })}>
              {t('Done')}
            </Button>
          </Group>
        )}
      </Step>
      {isActive ? (
        <Step title={t('2. Validate the URL')} done />
      ) : (
        <ValidationPanel webhook={webhook} title={t('2. Validate the URL')} />
      )}
      {canTest && (
        <Step title={t('3. Send a test event')} done={isTested}>
          {isActive ? (
            <Suspense fallback={<Skeleton height={SNIPPET_HEIGHT} />}>
              <TestForm webhook={webhook} onSuccess={() => change({ tested: 'true' })} />
            </Suspense>
          ) : (
            <Text c="dimmed">{t('Validate the URL first.')}</Text>
          )}
        </Step>
      )}
      <Step title={t('4. Receive the first event')} done={first?.status === 'succeeded'}>
        <FirstEvent delivery={first} isActive={isActive} />
      </Step>
      <Group justify="flex-end">
        <LinkButton
          to="/webhooks/$webhookId"
          params={{ webhookId: webhook.id }}
          variant={first?.status === 'succeeded' ? 'filled' : 'default'}
        >
          {first?.status === 'succeeded' ? t('Go to the webhook') : t('Finish later')}
        </LinkButton>
      </Group>
    </Stack>
  );
}

function Verification({ webhook: { id, effectiveDeliveryFormat } }: { webhook: Webhook }) {
  const seesKeys = useAllows('secrets');
  const isEd25519 = hasOnlyEd25519(effectiveDeliveryFormat);
  return (
    <>
      <Text>
        {isEd25519
          ? t(
              'Your receiver should accept only requests with a valid signature. It verifies them with the public key.',
            )
          : t(
              'Your receiver should accept only requests with a valid signature. Pass it the signing secret, which was shown when the webhook was created, in an environment variable.',
            )}
      </Text>
      <Suspense fallback={<Skeleton height={SNIPPET_HEIGHT} />}>
        {!isEd25519 && <VerificationSnippet />}
        {isEd25519 && seesKeys && <SigningKeys webhookId={id} canChange={false} />}
      </Suspense>
    </>
  );
}

function Step({ title, done, children }: { title: string; done: boolean; children?: ReactNode }) {
  const state = done ? (
    <Badge tone="good" icon={CircleCheck} label={t('Done')} />
  ) : (
    <Badge tone="calm" icon={CircleDashed} label={t('Open')} />
  );
  return (
    <Panel title={title} actions={state}>
      <Stack>{children}</Stack>
    </Panel>
  );
}
