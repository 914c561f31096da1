import { Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { client } from '../../api/api.js';
import { useSession } from '../../api/session.js';
import { useInvalidate } from '../../api/use-invalidate.js';
import { ActionModal } from '../../components/action.js';
import { SecretModal } from '../../components/secret-modal.js';
import type { ApiKey } from './api-key.js';
import { ExpirySelect } from './expiry-select.js';
import { toExpiresAt, type Expiry } from './expiry.js';

interface RotateApiKeyModalProps {
  apiKey: ApiKey;
  opened: boolean;
  onClose: () => void;
}

/** How long the old key keeps working, in hours, up to the API's maximum. */
const OVERLAPS = [
  { value: '0', label: 'Immediately' },
  { value: '1', label: 'In 1 hour' },
  { value: '24', label: 'In 1 day' },
  { value: '168', label: 'In 1 week' },
] as const;

type Overlap = (typeof OVERLAPS)[number]['value'];

/** Replaces a key and shows the new one once. */
export default function RotateApiKeyModal({
  apiKey: { id, name, prefix, expiresAt },
  ...modal
}: RotateApiKeyModalProps) {
  const [overlap, setOverlap] = useState<Overlap>('24');
  const [expiry, setExpiry] = useState<Expiry>('default');
  const isOwn = useSession().holder.id === id;
  const invalidate = useInvalidate();
  const [created, setCreated] = useState<string | null>(null);
  function close() {
    setCreated(null);
    invalidate('/v1/api-keys', '/v1/tenants/{id}');
  }
  return (
    <>
      <ActionModal
        {...modal}
        title={`Rotate ${name || prefix}?`}
        text={
          <Stack>
            <Text>
              Creates a new key with the same name, tenant and permissions. Both keys work until the old one
              expires.
            </Text>
            <Select
              label="Old key expires"
              description={isOwn ? 'You are signed in with this key. You can revoke it later.' : undefined}
              // The user must be able to save the new key before being signed out.
              data={isOwn ? OVERLAPS.filter(({ value }) => value !== '0') : OVERLAPS}
              value={overlap}
              onChange={(selected) => selected !== null && setOverlap(selected)}
              allowDeselect={false}
            />
            <ExpirySelect label="New key expires" replaced={expiresAt} value={expiry} onChange={setExpiry} />
          </Stack>
        }
        label="Rotate key"
        run={() =>
          client.POST('/v1/api-keys/{id}/rotate', {
            params: { path: { id } },
            body: { overlapHours: Number(overlap), expiresAt: toExpiresAt(expiry) },
          })
        }
        onDone={({ key }) => setCreated(key)}
      />
      <SecretModal secret={created} title="New API key" onClose={close}>
        It replaces the old key.
      </SecretModal>
    </>
  );
}
