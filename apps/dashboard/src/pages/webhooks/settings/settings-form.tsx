import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useEffectEvent } from 'react';
import { api } from '../../../api/api.js';
import { toProblem } from '../../../api/problem.js';
import type { Webhook } from '../../../api/types.js';
import { Panel } from '../../../components/panel.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { AdvancedFields } from '../form/advanced-fields.js';
import { UnsavedGuard } from '../form/unsaved-guard.js';
import { showFormErrors, useWebhookForm } from '../form/use-webhook-form.js';
import { WebhookFields } from '../form/webhook-fields.js';
import { webhookFormErrors } from '../form/webhook-form-errors.js';
import { changedFields, toFormValues } from '../form/webhook-form-values.js';
import { useWebhookChanged } from '../use-webhook.js';
import classes from './settings-form.module.css';

export function SettingsForm({ webhook }: { webhook: Webhook }) {
  const { id, status } = webhook;
  const form = useWebhookForm(toFormValues(webhook));
  const changed = useWebhookChanged();
  const update = api.useMutation('patch', '/v1/webhooks/{id}', {
    meta: { failureShown: true, success: 'The settings are saved' },
    onSuccess(saved) {
      changed(saved);
      begin(saved);
    },
    onError: (error) => showFormErrors(form, webhookFormErrors(toProblem(error), form.getValues()).fields),
  });

  function begin(current: Webhook) {
    form.setInitialValues(toFormValues(current));
    form.setValues(toFormValues(current));
  }

  // What is changed elsewhere is taken over, but not while somebody types.
  const follow = useEffectEvent((current: Webhook) => {
    if (!form.isDirty()) begin(current);
  });
  useEffect(() => follow(webhook), [webhook]);

  const isPlaced = update.error && webhookFormErrors(toProblem(update.error), form.values).rest.length === 0;
  const isDirty = form.isDirty();

  return (
    <form
      noValidate
      onSubmit={form.onSubmit(
        (values) =>
          update.mutate({ params: { path: { id } }, body: changedFields(values, form.getInitialValues()) }),
        (errors) => showFormErrors(form, errors),
      )}
    >
      <UnsavedGuard isDirty={isDirty} />
      <Stack maw={760}>
        <Panel title="Receiver">
          <WebhookFields
            form={form}
            urlDescription={
              status === 'pending_validation'
                ? 'A change makes codes that were sent before worthless.'
                : 'A new one is staged until it is verified; the present one goes on receiving.'
            }
          />
        </Panel>
        <Panel title="Advanced">
          <AdvancedFields form={form} headerNames={webhook.headerNames} />
        </Panel>
        {update.error && !isPlaced && <ProblemAlert error={update.error} />}
        <Group className={classes.bar} data-dirty={isDirty || undefined} justify="flex-end" gap="xs">
          <Text size="sm" c="dimmed" mr="auto" role="status">
            {isDirty && 'Not saved yet'}
          </Text>
          <Button variant="default" disabled={!isDirty} onClick={form.reset}>
            Discard
          </Button>
          <Button type="submit" disabled={!isDirty} loading={update.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
