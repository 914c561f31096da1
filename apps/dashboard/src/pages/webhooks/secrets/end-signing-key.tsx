import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { t } from '../../../i18n/t.js';
import { EndButton } from './end-button.js';

/** Ends one Ed25519 key, after a confirmation. */
export function EndSigningKey({ webhookId: id, keyId }: { webhookId: string; keyId: string }) {
  const disclosure = useDisclosure();
  const [, { close }] = disclosure;
  const queryClient = useQueryClient();
  const end = api.useMutation('delete', '/v1/webhooks/{id}/signing-keys/{keyId}', {
    meta: { failureShown: true, success: t('Ed25519 key ended') },
    async onSuccess() {
      close();
      await queryClient.invalidateQueries({ queryKey: ['get', '/v1/webhooks/{id}/signing-keys'] });
    },
  });
  return (
    <EndButton
      disclosure={disclosure}
      end={end}
      onConfirm={() => end.mutate({ params: { path: { id, keyId } } })}
      title={t('End this Ed25519 key?')}
      confirmLabel={t('End key')}
      explanation={t(
        'Requests are no longer signed with it. A receiver that verifies only with this key rejects them.',
      )}
    />
  );
}
