import { Button, Group, Modal, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { TenantField } from '../../components/tenant-field.js';
import { useTenantChoice } from '../../search/use-tenant-choice.js';
import { t } from '../../i18n/t.js';

const DEBOUNCE_MS = 400;

interface ErasePersonModalProps {
  opened: boolean;
  onClose: () => void;
}

/** Erases the events with a value: shows how many are known, and starts the erasure once the value is typed again. */
export default function ErasePersonModal({ opened, onClose }: ErasePersonModalProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('Erase a person')} closeOnClickOutside={false}>
      <ErasePersonForm onClose={onClose} />
    </Modal>
  );
}

function ErasePersonForm({ onClose }: { onClose: () => void }) {
  const choice = useTenantChoice();
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const [typed, setTyped] = useState('');
  const navigate = useNavigate();
  const body = { tenantId: choice.tenantId, key: key.trim(), value: value.trim() };
  const create = api.useMutation('post', '/v1/erasures', {
    meta: { failureShown: true, invalidates: ['/v1/erasures'] },
    async onSuccess({ id }) {
      onClose();
      if (id !== null) await navigate({ to: '/erasures', search: { erasure: id } });
    },
  });
  const isComplete = body.key !== '' && body.value !== '';
  const isConfirmed = isComplete && typed.trim() === body.value;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (choice.check() && isConfirmed) create.mutate({ body });
      }}
    >
      <Stack>
        <Text>
          {t(
            'Removes the data of all events with a value, and what receivers responded. Pending deliveries are not sent. Stop publishing data of the person first. This cannot be undone.',
          )}
        </Text>
        {choice.isOffered && <TenantField choice={choice} description={t('Only its events are erased.')} />}
        <TextInput
          label={t('Place of the value')}
          description={t('A JSON Pointer into the data of events.')}
          placeholder="/customer/id"
          maxLength={256}
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          value={key}
          onChange={({ currentTarget }) => setKey(currentTarget.value)}
        />
        <TextInput
          label={t('Value')}
          maxLength={4096}
          spellCheck={false}
          autoComplete="off"
          value={value}
          onChange={({ currentTarget }) => setValue(currentTarget.value)}
        />
        {isComplete && (
          <>
            <KnownEvents body={body} />
            <TextInput
              label={t('Type {{name}} to confirm', { name: body.value })}
              spellCheck={false}
              autoComplete="off"
              value={typed}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </>
        )}
        {create.error && <ProblemAlert error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('Cancel')}
          </Button>
          <Button type="submit" color="red.8" disabled={!isConfirmed} loading={create.isPending}>
            {t('Erase')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Counts the events that the search index has. */
function KnownEvents({
  body: current,
}: {
  body: { tenantId: string | undefined; key: string; value: string };
}) {
  const [body] = useDebouncedValue(current, DEBOUNCE_MS, { leading: false });
  const preview = api.useQuery('post', '/v1/erasures', { body: { ...body, dryRun: true } }, { gcTime: 0 });
  if (preview.error) return <ProblemAlert error={preview.error} />;
  return (
    <div role="status">
      {preview.data ? (
        <Text fw={500}>
          {t('{{count, number}} events are known. Reading all payloads may find more.', {
            count: preview.data.total,
          })}
        </Text>
      ) : (
        <Skeleton height={24} />
      )}
    </div>
  );
}
