import { Button, Group, Skeleton, Stack } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type ComponentProps, lazy, Suspense, useState } from 'react';
import { access } from '../../access/current-access.js';
import { api } from '../../api/api.js';
import { toProblem } from '../../problems/problem.js';
import { useCan, useSession } from '../../api/session.js';
import { SYSTEM_SCOPE } from '../../api/system-scope.js';
import { isFull, useQuotasOf } from '../../components/use-quotas.js';
import type { Webhook } from '../../api/types.js';
import { LinkButton } from '../../components/link-button.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { QuotaAlert } from '../../components/quota-alert.js';
import { SecretModal } from '../../components/secret-modal.js';
import { TenantField } from '../../components/tenant-field.js';
import { TextLink } from '../../components/text-link.js';
import { useTenantChoice } from '../../search/use-tenant-choice.js';
import { NotFound } from '../../components/not-found.js';
import { isEd25519Json } from './format/ed25519-format.js';
import { UnsavedGuard } from './form/unsaved-guard.js';
import { showFormErrors, useWebhookForm, type WebhookForm } from './form/use-webhook-form.js';
import type { OwnKeys } from './secrets/own-keys-fields.js';
import { WebhookFields } from './form/webhook-fields.js';
import { webhookFormErrors } from './form/webhook-form-errors.js';
import { toRequestBody, newWebhookValues, type WebhookFormValues } from './form/webhook-form-values.js';
import { t } from '../../i18n/t.js';

// Loaded on demand.
const AdvancedPanel = lazy(() => import('./form/advanced-panel.js'));

const route = getRouteApi('/_app/webhooks/new');

/** Selects operational events instead of a tenant. */
const OPERATOR = { value: SYSTEM_SCOPE, label: 'Operator: operational events of all tenants' };

/** The fields that are always visible. */
const BASIC: ReadonlySet<string> = new Set(['delivery', 'url', 'eventTypes', 'description']);

export function NewWebhookPage() {
  return useCan('webhooks:write', 'create') ? <NewWebhook /> : <NotFound />;
}

/** Creates a webhook and shows its secret. Validation continues on the page of the webhook. */
function NewWebhook() {
  const { eventType } = route.useSearch();
  const form = useWebhookForm({
    ...newWebhookValues(),
    ...(eventType !== undefined && { eventTypes: [eventType] }),
  });
  const ownTenantId = useSession().holder.tenantId;
  const tenant = useTenantChoice({ withSystemScope: true });
  const { tenantId } = tenant;
  const webhooks = useQuotasOf(tenantId ?? ownTenantId ?? undefined)?.webhooks;
  const [ownKeys, setOwnKeys] = useState<OwnKeys>({});
  const { create, openWebhook } = useCreateWebhook(form);
  const isShownOnFields =
    create.error && webhookFormErrors(toProblem(create.error), form.values).rest.length === 0;

  return (
    <Page title={t('Create webhook')} above={<TextLink to="/webhooks">{t('Webhooks')}</TextLink>}>
      <UnsavedGuard isDirty={form.isDirty() && !create.isSuccess} />
      <form
        noValidate
        onSubmit={form.onSubmit(
          (values) => {
            if (!tenant.check()) return;
            create.mutate({
              body: {
                ...toRequestBody(values),
                ...keysOf(values, ownKeys),
                ...(tenantId !== undefined && { tenantId }),
              },
            });
          },
          (errors) => {
            tenant.check();
            showFormErrors(form, errors);
          },
        )}
      >
        <Stack maw={760}>
          <Panel title={t('Webhook')}>
            <Stack>
              <WebhookFields
                form={form}
                urlDescription={t('Events are sent here after you validate the URL.')}
              />
              {tenant.isOffered && (
                <TenantField
                  choice={tenant}
                  description="The webhook receives the events of this tenant."
                  others={[OPERATOR]}
                />
              )}
            </Stack>
          </Panel>
          <AdvancedSettings form={form} ownKeys={ownKeys} onOwnKeys={setOwnKeys} />
          <QuotaAlert quotas={webhooks && { webhooks }} />
          {create.error && !isShownOnFields && <ProblemAlert error={create.error} />}
          <Group justify="flex-end" gap="xs">
            <LinkButton to="/webhooks" variant="default">
              {t('Cancel')}
            </LinkButton>
            <Button
              type="submit"
              loading={create.isPending}
              disabled={webhooks !== undefined && isFull(webhooks) && !create.isSuccess}
            >
              {t('Create webhook')}
            </Button>
          </Group>
        </Stack>
      </form>
      <SecretModal
        secret={create.data?.secret ?? null}
        title={t('Signing secret')}
        onClose={() => create.data && void openWebhook(create.data, '/webhooks/$webhookId')}
      >
        {t('Use it to verify the signature of each request.')}
      </SecretModal>
    </Page>
  );
}

/** Creates the webhook of the form, and shows errors on its fields. */
function useCreateWebhook(form: WebhookForm) {
  const navigate = useNavigate();
  // In the dashboard, the settings show the public key of a webhook without a secret.
  const openWebhook = (
    { id, delivery }: Pick<Webhook, 'id' | 'delivery'>,
    to: '/webhooks/$webhookId' | '/webhooks/$webhookId/settings',
  ) =>
    navigate({
      to: access.kind === 'portal' && delivery === 'push' ? '/webhooks/$webhookId/setup' : to,
      params: { webhookId: id },
      replace: true,
      // The created values are still in the form.
      ignoreBlocker: true,
    });
  const create = api.useMutation('post', '/v1/webhooks', {
    meta: { failureShown: true, invalidates: ['/v1/webhooks', '/v1/tenants/{id}'] },
    onSuccess(webhook) {
      if (webhook.secret === null) void openWebhook(webhook, '/webhooks/$webhookId/settings');
    },
    onError: (error) => showFormErrors(form, webhookFormErrors(toProblem(error), form.getValues()).fields),
  });
  return { create, openWebhook };
}

/** The other fields, which open on request and when one of them has an error. */
function AdvancedSettings(props: ComponentProps<typeof AdvancedPanel>) {
  const [isOpened, setOpened] = useState(false);
  const isShown = isOpened || Object.keys(props.form.errors).some((name) => !BASIC.has(name));
  return (
    <Panel
      title={t('Advanced settings')}
      description={t('Filter, headers, retries, limits, order and metadata')}
      actions={
        <Button variant="default" size="xs" aria-expanded={isShown} onClick={() => setOpened(!isShown)}>
          {isShown ? t('Hide') : t('Show')}
        </Button>
      }
      flush={!isShown}
    >
      {isShown && (
        <Suspense fallback={<Skeleton height={480} />}>
          <AdvancedPanel {...props} />
        </Suspense>
      )}
    </Panel>
  );
}

/** Returns the keys that the request contains. A webhook with only Ed25519 signatures has no secret. */
function keysOf({ deliveryFormat }: WebhookFormValues, { privateKey, ...secret }: OwnKeys) {
  if (!isEd25519Json(deliveryFormat)) return secret;
  return { signingKey: privateKey === undefined ? {} : { privateKey } };
}
