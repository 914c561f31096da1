import { Select, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { ConfirmModal } from '../../components/confirm-modal.js';
import { SecretModal } from '../../components/secret-modal.js';
import type { ApiKey } from './api-key.js';
import { ExpirySelect } from './expiry-select.js';
import { toExpiresAt, type Expiry } from './expiry.js';

interface RotateApiKeyModalProps {
  apiKey: ApiKey;
  opened: boolean;
  onClose: () => void;
}

/** For how long the old key still works, in hours: at most what the API takes. */
const OVERLAPS = [
  { value: '0', label: 'At once' },
  { value: '1', label: 'After an hour' },
  { value: '24', label: 'After a day' },
  { value: '168', label: 'After a week' },
] as const;

type Overlap = (typeof OVERLAPS)[number]['value'];

/** Makes a new key in the place of one, and shows it this once. */
export function RotateApiKeyModal({ apiKey: { id, name, prefix }, opened, onClose }: RotateApiKeyModalProps) {
  const [overlap, setOverlap] = useState<Overlap>('24');
  const [expiry, setExpiry] = useState<Expiry>('never');
  const queryClient = useQueryClient();
  const rotate = api.useMutation('post', '/v1/api-keys/{id}/rotate', {
    meta: { failureShown: true },
    async onSuccess() {
      onClose();
      await queryClient.invalidateQueries({ queryKey: ['get', '/v1/api-keys'] });
    },
  });
  return (
    <>
      <ConfirmModal
        opened={opened}
        onClose={() => {
          rotate.reset();
          onClose();
        }}
        title={`Rotate ${name || prefix}?`}
        confirmLabel="Make a new key"
        onConfirm={() =>
          rotate.mutate({
            params: { path: { id } },
            body: { overlapHours: Number(overlap), expiresAt: toExpiresAt(expiry) },
          })
        }
        pending={rotate.isPending}
        error={rotate.error}
      >
        <Stack>
          <Text>A new key of the same name, tenant and rights. Both work while they overlap.</Text>
          <Select
            label="The old key ends"
            data={OVERLAPS}
            value={overlap}
            onChange={(chosen) => chosen !== null && setOverlap(chosen)}
            allowDeselect={false}
          />
          <ExpirySelect label="The new key ends" value={expiry} onChange={setExpiry} />
        </Stack>
      </ConfirmModal>
      <SecretModal secret={rotate.data?.key ?? null} title="New API key" onClose={rotate.reset}>
        It does what the old one does.
      </SecretModal>
    </>
  );
}
