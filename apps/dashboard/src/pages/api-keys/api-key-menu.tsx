import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Ban, Ellipsis, RefreshCcw } from 'lucide-react';
import { lazyDialog } from '../../components/lazy-dialog.js';
import { useNow } from '../../search/use-now.js';
import { apiKeyStatus, type ApiKey } from './api-key.js';

const RevokeApiKeyModal = lazyDialog(() => import('./revoke-api-key-modal.js'));
const RotateApiKeyModal = lazyDialog(() => import('./rotate-api-key-modal.js'));

/** Actions for an active key. */
export function ApiKeyMenu({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow(60_000);
  const [isRotating, rotate] = useDisclosure();
  const [isRevoking, revoke] = useDisclosure();
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
      <RotateApiKeyModal apiKey={apiKey} opened={isRotating} onClose={rotate.close} />
      <RevokeApiKeyModal apiKey={apiKey} opened={isRevoking} onClose={revoke.close} />
    </>
  );
}
