import { Box, Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import type { components } from '../../generated/api.js';
import { t } from '../../i18n/t.js';

type Recipient = components['schemas']['NotificationRecipient'];

const STATUS: Record<Recipient['status'], string> = {
  unconfirmed: t('Awaiting confirmation'),
  confirmed: t('Confirmed'),
  unsubscribed: t('Unsubscribed'),
};

/** The addresses that get emails about the webhooks of a tenant. */
export function RecipientsPanel({ tenantId }: { tenantId: string | undefined }) {
  const [address, setAddress] = useState('');
  const canEdit = useCan('webhooks:write', 'notifications');
  const query = { tenantId };
  const { data, error, refetch, isFetching } = api.useQuery('get', '/v1/notification-recipients', {
    params: { query },
  });
  const add = api.useMutation('post', '/v1/notification-recipients', {
    meta: {
      failureShown: true,
      success: t('Confirmation email sent'),
      invalidates: ['/v1/notification-recipients'],
    },
    onSuccess: () => setAddress(''),
  });
  const remove = api.useMutation('delete', '/v1/notification-recipients/{address}', {
    meta: { invalidates: ['/v1/notification-recipients'] },
  });
  const recipients = data?.data ?? [];

  function submit(event: FormEvent): void {
    event.preventDefault();
    add.mutate({ body: { address, ...(tenantId !== undefined && { tenantId }) } });
  }

  return (
    <Panel
      title={t('Email recipients')}
      description={t('They get emails about failing and suspended webhooks.')}
    >
      {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      {!data && !error && <Skeleton height={22} />}
      {data && recipients.length === 0 && <Text size="sm">{t('No recipients yet.')}</Text>}
      {recipients.length > 0 && (
        <Stack component="ul" gap={4} p={0} m={0} style={{ listStyle: 'none' }}>
          {recipients.map((recipient) => (
            <Group component="li" key={recipient.address} gap="xs">
              <Text size="sm">{recipient.address}</Text>
              <Text size="sm" c="dimmed">
                {STATUS[recipient.status]}
              </Text>
              {canEdit && (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={t('Remove {{address}}', { address: recipient.address })}
                  onClick={() => remove.mutate({ params: { path: { address: recipient.address }, query } })}
                >
                  {t('Remove')}
                </Button>
              )}
            </Group>
          ))}
        </Stack>
      )}
      {canEdit && (
        <form onSubmit={submit}>
          <Group align="end" gap="xs" mt="sm">
            <TextInput
              label={t('Address')}
              type="email"
              required
              value={address}
              onChange={({ currentTarget }) => setAddress(currentTarget.value)}
            />
            <Button type="submit" loading={add.isPending}>
              {t('Add recipient')}
            </Button>
          </Group>
        </form>
      )}
      {add.error && (
        <Box mt="sm">
          <ProblemAlert error={add.error} />
        </Box>
      )}
    </Panel>
  );
}
