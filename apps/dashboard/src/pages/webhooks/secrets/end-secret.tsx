import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { t } from '../../../i18n/t.js';
import { EndButton } from './end-button.js';

/** Ends one signing secret, after a confirmation. */
export function EndSecret({ webhookId: id, secretId }: { webhookId: string; secretId: string }) {
  const disclosure = useDisclosure();
  const [, { close }] = disclosure;
  const queryClient = useQueryClient();
  const end = api.useMutation('delete', '/v1/webhooks/{id}/secrets/{secretId}', {
    meta: { failureShown: true, success: t('Signing secret ended') },
    async onSuccess() {
      close();
      await queryClient.invalidateQueries({ queryKey: ['get', '/v1/webhooks/{id}/secrets'] });
    },
  });
  return (
    <EndButton
      disclosure={disclosure}
      end={end}
      onConfirm={() => end.mutate({ params: { path: { id, secretId } } })}
      title={t('End this signing secret?')}
      confirmLabel={t('End secret')}
      explanation={t(
        'Requests are no longer signed with it. A receiver that verifies with it rejects them until it uses another secret.',
      )}
    />
  );
}
