import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { t } from '../../../i18n/t.js';

/** Ends one Ed25519 key, after a confirmation. */
export function EndSigningKey({ webhookId: id, keyId }: { webhookId: string; keyId: string }) {
  const [isOpened, { open, close }] = useDisclosure();
  const queryClient = useQueryClient();
  const end = api.useMutation('delete', '/v1/webhooks/{id}/signing-keys/{keyId}', {
    meta: { failureShown: true, success: t('Ed25519 key ended') },
    async onSuccess() {
      close();
      await queryClient.invalidateQueries({ queryKey: ['get', '/v1/webhooks/{id}/signing-keys'] });
    },
  });
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={open}>
        {t('End')}
      </Button>
      <ConfirmModal
        opened={isOpened}
        onClose={() => {
          end.reset();
          close();
        }}
        title={t('End this Ed25519 key?')}
        confirmLabel={t('End key')}
        danger
        onConfirm={() => end.mutate({ params: { path: { id, keyId } } })}
        pending={end.isPending}
        error={end.error}
      >
        <Text>
          {t(
            'Requests are no longer signed with it. A receiver that verifies only with this key rejects them.',
          )}
        </Text>
      </ConfirmModal>
    </>
  );
}
