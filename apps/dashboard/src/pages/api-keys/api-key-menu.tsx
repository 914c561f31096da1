import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Ban, Ellipsis, RefreshCcw } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useWasOpen } from '../../components/use-was-open.js';
import { useNow } from '../../search/use-now.js';
import { apiKeyStatus, type ApiKey } from './api-key.js';

// Loaded on demand.
const RevokeApiKeyModal = lazy(() => import('./revoke-api-key-modal.js'));
const RotateApiKeyModal = lazy(() => import('./rotate-api-key-modal.js'));

/** Actions for an active key. */
export function ApiKeyMenu({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow(60_000);
  const [isRotating, rotate] = useDisclosure();
  const [isRevoking, revoke] = useDisclosure();
  const wasRotating = useWasOpen(isRotating);
  const wasRevoking = useWasOpen(isRevoking);
  const isActive = apiKeyStatus(apiKey, now) === 'active';
  return (
    <>
      {isActive && (
        <Menu position="bottom-end" width={180}>
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Actions for ${apiKey.name || apiKey.prefix}`}
            >
              <Ellipsis size={17} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<RefreshCcw size={15} aria-hidden />} onClick={rotate.open}>
              Rotate key
            </Menu.Item>
            <Menu.Item leftSection={<Ban size={15} aria-hidden />} onClick={revoke.open}>
              Revoke key
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <Suspense>
        {wasRotating && <RotateApiKeyModal apiKey={apiKey} opened={isRotating} onClose={rotate.close} />}
        {wasRevoking && <RevokeApiKeyModal apiKey={apiKey} opened={isRevoking} onClose={revoke.close} />}
      </Suspense>
    </>
  );
}
