import { Modal } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import { EventTypeForm } from './event-type-form.js';
import type { EventType } from './use-event-types.js';

interface EventTypeModalProps {
  opened: boolean;
  onClose: () => void;
  /** The event type to edit; absent to create one. */
  eventType?: EventType;
}

/** Creates or edits an event type. */
export default function EventTypeModal({ opened, onClose, eventType }: EventTypeModalProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={eventType ? `Edit ${eventType.name}` : 'Create event type'}
      size="lg"
      closeOnClickOutside={false}
    >
      {eventType ? <Edit eventType={eventType} onClose={onClose} /> : <Create onClose={onClose} />}
    </Modal>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const onSaved = useInvalidateEventTypes();
  const create = api.useMutation('post', '/v1/event-types', {
    meta: { success: 'Event type created', failureShown: true },
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

function Edit({ eventType, onClose }: { eventType: EventType; onClose: () => void }) {
  const { name } = eventType;
  const onSaved = useInvalidateEventTypes();
  const edit = api.useMutation('patch', '/v1/event-types/{name}', {
    meta: { success: 'Event type updated', failureShown: true },
    async onSuccess() {
      await onSaved();
      onClose();
    },
  });
  return (
    <EventTypeForm
      eventType={eventType}
      onSubmit={({ name: _name, ...body }) => edit.mutate({ params: { path: { name } }, body })}
      onCancel={onClose}
      pending={edit.isPending}
      error={edit.error}
    />
  );
}

/** Returns a function that invalidates the event types in the cache. */
function useInvalidateEventTypes() {
  const queryClient = useQueryClient();
  return () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: ['get', '/v1/event-types'] }),
      queryClient.invalidateQueries({ queryKey: ['get', '/v1/event-types/{name}'] }),
    ]);
}
