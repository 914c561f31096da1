import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { ConfirmModal } from '../../components/confirm-modal.js';
import { Mono } from '../../components/mono.js';

interface DeleteEventTypeModalProps {
  name: string;
  opened: boolean;
  onClose: () => void;
}

export default function DeleteEventTypeModal({ name, ...modal }: DeleteEventTypeModalProps) {
  const navigate = useNavigate();
  const remove = api.useMutation('delete', '/v1/event-types/{name}', {
    meta: { success: 'Event type deleted', failureShown: true, invalidates: ['/v1/event-types'] },
    onSuccess: () => navigate({ to: '/event-types' }),
  });
  return (
    <ConfirmModal
      {...modal}
      title="Delete this event type?"
      confirmLabel="Delete event type"
      danger
      onConfirm={() => remove.mutate({ params: { path: { name } } })}
      mutation={remove}
    >
      This removes <Mono>{name}</Mono> from the catalog, along with its schema and example. Webhooks stay
      subscribed, and events of this type can still be published with any data.
    </ConfirmModal>
  );
}
