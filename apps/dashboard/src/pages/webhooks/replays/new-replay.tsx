import { Alert, Button, Group, MultiSelect, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { RotateCcw } from 'lucide-react';
import { api } from '../../../api/api.js';
import { toFormErrors } from '../../../api/form-errors.js';
import { toProblem } from '../../../problems/problem.js';
import type { Webhook } from '../../../api/types.js';
import { fromDatetimeLocal, toDatetimeLocal } from '../../../components/datetime-local.js';
import { notifySuccess } from '../../../notify/notify.js';
import { Panel } from '../../../components/panel.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { SEND_AGAIN } from '../../../components/send-again.js';
import { statusLabel } from '../../../components/status-badge.js';
import { groupedEventTypes } from '../../event-types/grouped-event-types.js';
import { useEventTypes } from '../../event-types/use-event-types.js';
import type { Replay } from './replay.js';
import { t } from '../../../i18n/t.js';

type SettledStatus = NonNullable<Replay['statuses']>[number];

const STATUSES = (['failed', 'dropped', 'succeeded'] as const).map((value) => ({
  value,
  label: statusLabel(value),
}));

const route = getRouteApi('/_app/webhooks/$webhookId/replays');

interface ReplaySearch {
  from?: string | undefined;
  to?: string | undefined;
  /** Separated by commas. */
  status?: string | undefined;
  eventType?: string | undefined;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The form to replay the deliveries of a time range. */
export default function NewReplay({ webhook: { id, status } }: { webhook: Webhook }) {
  const search = route.useSearch();
  const { eventTypes = [] } = useEventTypes();
  const form = useForm({
    initialValues: newReplay(search),
    validate: ({ from, to }) => ({
      ...(fromDatetimeLocal(from) === null && { from: t('Enter a date and time.') }),
      ...(fromDatetimeLocal(to) === null && { to: t('Enter a date and time.') }),
    }),
  });
  const create = api.useMutation('post', '/v1/webhooks/{id}/replay', {
    meta: { failureShown: true, invalidates: ['/v1/replays'] },
    onSuccess: ({ total }) =>
      notifySuccess(t('Replay started for {{count, number}} deliveries', { count: total })),
    onError: (error) => form.setErrors(toErrors(error).fields),
  });
  const body = toRequestBody(form.values);
  const preview = api.useQuery(
    'post',
    '/v1/webhooks/{id}/replay',
    { params: { path: { id } }, body: { ...body, dryRun: true } },
    {
      enabled: status === 'active' && body.from !== '' && body.from < body.to,
      placeholderData: keepPreviousData,
    },
  );
  const total = preview.error === null && !preview.isPlaceholderData ? preview.data?.total : undefined;
  if (status !== 'active') {
    return <Alert color="gray">{t('Replays require an active webhook.')}</Alert>;
  }
  return (
    <Panel
      title={t('New replay')}
      description={`${SEND_AGAIN.replay} ${t('They are sent oldest first. New events take priority.')}`}
    >
      <form
        noValidate
        onSubmit={form.onSubmit((values) =>
          create.mutate({ params: { path: { id } }, body: toRequestBody(values) }),
        )}
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput type="datetime-local" label={t('From')} {...form.getInputProps('from')} />
            <TextInput type="datetime-local" label={t('To')} {...form.getInputProps('to')} />
            <MultiSelect
              label={t('Status')}
              placeholder={form.values.statuses.length === 0 ? t('Any') : ''}
              data={STATUSES}
              {...form.getInputProps('statuses')}
            />
            <MultiSelect
              label={t('Event types')}
              placeholder={form.values.eventTypes.length === 0 ? t('Any') : ''}
              data={groupedEventTypes(eventTypes)}
              searchable
              {...form.getInputProps('eventTypes')}
            />
          </SimpleGrid>
          {create.error && toErrors(create.error).rest.length > 0 && <ProblemAlert error={create.error} />}
          <Group justify="flex-end">
            <Text size="sm" role="status">
              {total === 0 && t('No deliveries to replay.')}
            </Text>
            <Button
              type="submit"
              leftSection={<RotateCcw size={16} aria-hidden />}
              loading={create.isPending}
              disabled={total === 0}
            >
              {total ? t('Replay {{count, number}} deliveries', { count: total }) : t('Start replay')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

interface NewReplayValues {
  /** Values of `datetime-local` fields. */
  from: string;
  to: string;
  statuses: SettledStatus[];
  eventTypes: string[];
}

/** Returns the initial values from the URL. The default suits an outage: failed and dropped deliveries of the last day. */
function newReplay({ from, to, status, eventType }: ReplaySearch): NewReplayValues {
  const now = Date.now();
  return {
    from: toDatetimeLocal(from ?? new Date(now - DAY_MS).toISOString()),
    // The field has no seconds, so include the whole minute.
    to: toDatetimeLocal(new Date((to === undefined ? now : Date.parse(to)) + MINUTE_MS).toISOString()),
    statuses: STATUSES.map(({ value }) => value).filter((value) =>
      (status ?? 'failed,dropped').split(',').includes(value),
    ),
    eventTypes: eventType === undefined ? [] : [eventType],
  };
}

function toRequestBody({ from, to, statuses, eventTypes }: NewReplayValues) {
  return {
    from: fromDatetimeLocal(from) ?? '',
    to: fromDatetimeLocal(to) ?? '',
    ...(statuses.length > 0 && { statuses }),
    ...(eventTypes.length > 0 && { eventTypes }),
  };
}

function toErrors(error: unknown) {
  return toFormErrors(toProblem(error), ['from', 'to', 'statuses', 'eventTypes']);
}
