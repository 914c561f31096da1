import { Text } from '@mantine/core';
import { api } from '../../api/api.js';
import { useSession } from '../../api/session.js';
import { ConfirmModal } from '../../components/confirm-modal.js';
import type { ApiKey } from './api-key.js';

interface RevokeApiKeyModalProps {
  apiKey: ApiKey;
  opened: boolean;
  onClose: () => void;
}

export default function RevokeApiKeyModal({ apiKey, ...modal }: RevokeApiKeyModalProps) {
  const { id, name, prefix } = apiKey;
  const isOwn = useSession().holder.id === id;
  const revoke = api.useMutation('delete', '/v1/api-keys/{id}', {
    meta: {
      success: 'API key revoked',
      failureShown: true,
      invalidates: ['/v1/api-keys', '/v1/tenants/{id}'],
    },
  });
  return (
    <ConfirmModal
      {...modal}
      title="Revoke this API key?"
      confirmLabel="Revoke key"
      danger
      name={name || prefix}
      onConfirm={(options) => revoke.mutate({ params: { path: { id } } }, options)}
      mutation={revoke}
    >
      The key stops working immediately, along with all sessions and portal links created with it. This
      can&apos;t be undone.
      {isOwn && (
        <Text mt="xs" fw={600}>
          You are signed in with this key, so you will be signed out.
        </Text>
      )}
    </ConfirmModal>
  );
}
