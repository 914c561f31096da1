import { Text } from '@mantine/core';
import { client } from '../../api/api.js';
import { useSession } from '../../api/session.js';
import { ActionModal } from '../../components/action.js';
import type { ApiKey } from './api-key.js';

interface RevokeApiKeyModalProps {
  apiKey: ApiKey;
  opened: boolean;
  onClose: () => void;
}

export default function RevokeApiKeyModal({ apiKey, ...modal }: RevokeApiKeyModalProps) {
  const { id, name, prefix } = apiKey;
  const isOwn = useSession().holder.id === id;
  return (
    <ActionModal
      {...modal}
      title="Revoke this API key?"
      text={
        <>
          The key stops working immediately, along with all sessions and portal links created with it. This
          can&apos;t be undone.
          {isOwn && (
            <Text mt="xs" fw={600}>
              You are signed in with this key, so you will be signed out.
            </Text>
          )}
        </>
      }
      label="Revoke key"
      danger
      name={name || prefix}
      run={() => client.DELETE('/v1/api-keys/{id}', { params: { path: { id } } })}
      done="API key revoked"
      invalidates={['/v1/api-keys', '/v1/tenants/{id}']}
    />
  );
}
