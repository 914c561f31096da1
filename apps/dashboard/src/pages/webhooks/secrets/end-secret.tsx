import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { t } from '../../../i18n/t.js';

/** Ends one signing secret, after a confirmation. */
export function EndSecret({ webhookId: id, secretId }: { webhookId: string; secretId: string }) {
  const [isOpened, { open, close }] = useDisclosure();
  const queryClient = useQueryClient();
  const end = api.useMutation('delete', '/v1/webhooks/{id}/secrets/{secretId}', {
    meta: { failureShown: true, success: t('Signing secret ended') },
    async onSuccess() {
      close();
      await queryClient.invalidateQueries({ queryKey: ['get', '/v1/webhooks/{id}/secrets'] });
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
        title={t('End this signing secret?')}
        confirmLabel={t('End secret')}
        danger
        onConfirm={() => end.mutate({ params: { path: { id, secretId } } })}
        pending={end.isPending}
        error={end.error}
      >
        <Text>
          {t(
            'Requests are no longer signed with it. A receiver that verifies with it rejects them until it uses another secret.',
          )}
        </Text>
      </ConfirmModal>
    </>
  );
}
