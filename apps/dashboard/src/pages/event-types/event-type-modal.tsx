import { Modal } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
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

/** The data that a change of an event type changes. */
const EVENT_TYPES = ['/v1/event-types', '/v1/event-types/{name}'] as const;

function Create({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const create = api.useMutation('post', '/v1/event-types', {
    meta: { success: 'Event type created', failureShown: true, invalidates: EVENT_TYPES },
    onSuccess: ({ name }) => navigate({ to: '/event-types/$name', params: { name } }),
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
  const edit = api.useMutation('patch', '/v1/event-types/{name}', {
    meta: { success: 'Event type updated', failureShown: true, invalidates: EVENT_TYPES },
    onSuccess: onClose,
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
