import { Modal } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import { EventTypeForm } from './event-type-form.js';
import type { EventType } from './use-event-types.js';

interface EventTypeModalProps {
  opened: boolean;
  onClose: () => void;
  /** The one to change; absent: a new one is made. */
  eventType?: EventType;
}

/** Makes an event type, or changes one. */
export function EventTypeModal({ opened, onClose, eventType }: EventTypeModalProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={eventType ? `Edit ${eventType.name}` : 'New event type'}
      size="lg"
      closeOnClickOutside={false}
    >
      {eventType ? <Change eventType={eventType} onClose={onClose} /> : <Create onClose={onClose} />}
    </Modal>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const onSaved = useSaved();
  const create = api.useMutation('post', '/v1/event-types', {
    meta: { success: 'The event type is in the catalogue', failureShown: true },
    async onSuccess(created) {
      await onSaved();
      await navigate({ to: '/event-types/$name', params: { name: created.name } });
    },
  });
  return (
    <EventTypeForm
      onSubmit={(body) => create.mutate({ body })}
      onCancel={onClose}
      pending={create.isPending}
      error={create.error}
    />
  );
}

function Change({ eventType, onClose }: { eventType: EventType; onClose: () => void }) {
  const { name } = eventType;
  const onSaved = useSaved();
  const change = api.useMutation('patch', '/v1/event-types/{name}', {
    meta: { success: 'The event type is changed', failureShown: true },
    async onSuccess() {
      await onSaved();
      onClose();
    },
  });
  return (
    <EventTypeForm
      eventType={eventType}
      onSubmit={({ name: _kept, ...body }) => change.mutate({ params: { path: { name } }, body })}
      onCancel={onClose}
      pending={change.isPending}
      error={change.error}
    />
  );
}

/** The list and every event type of it are asked anew. */
function useSaved() {
  const queryClient = useQueryClient();
  return () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: ['get', '/v1/event-types'] }),
      queryClient.invalidateQueries({ queryKey: ['get', '/v1/event-types/{name}'] }),
    ]);
}
