import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useEffect, useEffectEvent } from 'react';
import { api } from '../../../api/api.js';
import { toProblem } from '../../../problems/problem.js';
import type { Webhook } from '../../../api/types.js';
import { Panel } from '../../../components/panel.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { UnsavedGuard } from '../form/unsaved-guard.js';
import { showFormErrors, useWebhookForm } from '../form/use-webhook-form.js';
import { WebhookFields } from '../form/webhook-fields.js';
import { webhookFormErrors } from '../form/webhook-form-errors.js';
import { toChanges, toFormValues } from '../form/webhook-form-values.js';
import { useWebhookChanged } from '../use-webhook.js';
import classes from './settings-form.module.css';
import { t } from '../../../i18n/t.js';

// Loaded after the page.
const AdvancedFields = lazy(() => import('../form/advanced-fields.js'));

const FIELDS_HEIGHT = 900;

export function SettingsForm({ webhook }: { webhook: Webhook }) {
  const { id, status, delivery } = webhook;
  const form = useWebhookForm(toFormValues(webhook));
  const changed = useWebhookChanged();
  const update = api.useMutation('patch', '/v1/webhooks/{id}', {
    meta: { failureShown: true, success: t('Settings saved') },
    onSuccess(saved) {
      changed(saved);
      load(saved);
    },
    onError: (error) => showFormErrors(form, webhookFormErrors(toProblem(error), form.getValues()).fields),
  });

  function load(current: Webhook) {
    form.setInitialValues(toFormValues(current));
    form.setValues(toFormValues(current));
  }

  // Load changes made elsewhere, but never overwrite unsaved input.
  const loadUnlessDirty = useEffectEvent((current: Webhook) => {
    if (!form.isDirty()) load(current);
  });
  useEffect(() => loadUnlessDirty(webhook), [webhook]);

  const isShownOnFields =
    update.error && webhookFormErrors(toProblem(update.error), form.values).rest.length === 0;
  const isDirty = form.isDirty();

  return (
    <form
      noValidate
      onSubmit={form.onSubmit(
        (values) =>
          update.mutate({ params: { path: { id } }, body: toChanges(values, form.getInitialValues()) }),
        (errors) => showFormErrors(form, errors),
      )}
    >
      <UnsavedGuard isDirty={isDirty} />
      <Stack maw={760}>
        <Panel title={t('Webhook')}>
          <WebhookFields
            form={form}
            urlDescription={urlDescription(webhook)}
            isActive={status === 'active' && delivery === 'push'}
          />
        </Panel>
        <Panel title={t('Advanced settings')}>
          <Suspense fallback={<Skeleton height={FIELDS_HEIGHT} />}>
            <AdvancedFields form={form} webhook={webhook} />
          </Suspense>
        </Panel>
        {update.error && !isShownOnFields && <ProblemAlert error={update.error} />}
        <Group className={classes.bar} data-dirty={isDirty || undefined} justify="flex-end" gap="xs">
          <Text size="sm" c="dimmed" mr="auto" role="status">
            {isDirty && t('Unsaved changes')}
          </Text>
          <Button variant="default" disabled={!isDirty} onClick={form.reset}>
            {t('Discard')}
          </Button>
          <Button type="submit" disabled={!isDirty} loading={update.isPending}>
            {t('Save changes')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function urlDescription({ status, delivery }: Webhook): string {
  if (delivery === 'pull') return t('Events are sent here after you validate the URL.');
  return status === 'pending_validation'
    ? t('Changing the URL invalidates codes already sent.')
    : t('A new URL must be validated. Until then, events go to the current URL.');
}
