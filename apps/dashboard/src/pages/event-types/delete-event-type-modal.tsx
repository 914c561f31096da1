import { useNavigate } from '@tanstack/react-router';
import { client } from '../../api/api.js';
import { ActionModal } from '../../components/action.js';
import { Mono } from '../../components/mono.js';

interface DeleteEventTypeModalProps {
  name: string;
  opened: boolean;
  onClose: () => void;
}

export default function DeleteEventTypeModal({ name, ...modal }: DeleteEventTypeModalProps) {
  const navigate = useNavigate();
  return (
    <ActionModal
      {...modal}
      title="Delete this event type?"
      text={
        <>
          This removes <Mono>{name}</Mono> from the catalog, along with its schema and example. Webhooks stay
          subscribed, and events of this type can still be published with any data.
        </>
      }
      label="Delete event type"
      danger
      run={() => client.DELETE('/v1/event-types/{name}', { params: { path: { name } } })}
      done="Event type deleted"
      invalidates={['/v1/event-types']}
      onDone={() => navigate({ to: '/event-types' })}
    />
  );
}
