import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { ConfirmModal } from '../../components/confirm-modal.js';
import { Mono } from '../../components/mono.js';

interface DeleteEventTypeModalProps {
  name: string;
  opened: boolean;
  onClose: () => void;
}

export function DeleteEventTypeModal({ name, opened, onClose }: DeleteEventTypeModalProps) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const remove = api.useMutation('delete', '/v1/event-types/{name}', {
    meta: { success: 'The event type is deleted', failureShown: true },
    async onSuccess() {
      await navigate({ to: '/event-types' });
      await queryClient.invalidateQueries({ queryKey: ['get', '/v1/event-types'] });
    },
  });
  return (
    <ConfirmModal
      opened={opened}
      onClose={onClose}
      title="Delete this event type?"
      confirmLabel="Delete"
      danger
      onConfirm={() => remove.mutate({ params: { path: { name } } })}
      pending={remove.isPending}
      error={remove.error}
    >
      <Mono>{name}</Mono> is taken out of the catalogue, with its schema and its example. Events of this type
      can still be published, with any data, and webhooks stay subscribed to it.
    </ConfirmModal>
  );
}
