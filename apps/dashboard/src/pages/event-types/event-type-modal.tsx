import { Autocomplete, Modal, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { ModalForm } from '../../components/modal-form.js';
import { JsonTextarea } from '../../components/json-textarea.js';
import { readJsonObject, storedJsonError, writeJson } from './json-field.js';
import { useEventTypes, type EventType } from './use-event-types.js';

interface EventTypeFormProps {
  onClose: () => void;
  /** The event type to edit; absent to create one. */
  eventType?: EventType;
}

/** Creates or edits an event type. */
export default function EventTypeModal({ opened, ...props }: EventTypeFormProps & { opened: boolean }) {
  const { eventType, onClose } = props;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={eventType ? `Edit ${eventType.name}` : 'Create event type'}
      size="lg"
      closeOnClickOutside={false}
    >
      <EventTypeForm {...props} />
    </Modal>
  );
}

/** The data that a change of an event type changes. */
const EVENT_TYPES = ['/v1/event-types', '/v1/event-types/{name}'] as const;

const FIELDS = ['name', 'group', 'description', 'schema', 'example', 'searchKeys'] as const;

function EventTypeForm(props: EventTypeFormProps) {
  const { eventType, onClose } = props;
  const { mutation, save } = useSaveEventType(props);
  const { eventTypes = [] } = useEventTypes();
  const groups = [...new Set(eventTypes.map(({ group }) => group).filter((group) => group !== null))];
  const form = useForm({
    initialValues: valuesOf(eventType),
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name, such as invoice.paid.' : null),
      schema: storedJsonError,
      example: storedJsonError,
    },
  });

  return (
    <ModalForm
      form={form}
      fields={FIELDS}
      mutation={mutation}
      submitLabel={eventType ? 'Save changes' : 'Create event type'}
      onCancel={onClose}
      onSubmit={form.onSubmit(save)}
    >
      <TextInput
        label="Name"
        description="Letters, digits, _ and -, in segments separated by dots."
        placeholder="invoice.paid"
        disabled={eventType !== undefined}
        required
        spellCheck={false}
        autoComplete="off"
        maxLength={128}
        data-autofocus
        {...form.getInputProps('name')}
      />
      <Autocomplete
        label="Group"
        placeholder="Billing"
        data={groups.toSorted()}
        maxLength={100}
        {...form.getInputProps('group')}
      />
      <Textarea
        label="Description"
        placeholder="An invoice was paid in full."
        autosize
        minRows={2}
        maxLength={500}
        {...form.getInputProps('description')}
      />
      <JsonTextarea
        label="Schema"
        description="Optional JSON Schema, draft 2020-12 or the one in its $schema. Events that violate it are rejected."
        placeholder={'{ "type": "object", "required": ["id"] }'}
        minRows={4}
        maxRows={14}
        {...form.getInputProps('schema')}
      />
      <JsonTextarea
        label="Example"
        description="Sent with test events. Must match the schema."
        placeholder={'{ "id": "in_1" }'}
        minRows={4}
        maxRows={14}
        {...form.getInputProps('example')}
      />
      <TagsInput
        label="Search keys"
        description="JSON Pointers into the data. New events can be found by the values at these paths."
        placeholder="/order/id"
        maxTags={10}
        splitChars={[]}
        spellCheck={false}
        autoCapitalize="off"
        {...form.getInputProps('searchKeys')}
      />
    </ModalForm>
  );
}

/** Changes the event type, or creates one. */
function useSaveEventType({ eventType, onClose }: EventTypeFormProps) {
  const navigate = useNavigate();
  const create = api.useMutation('post', '/v1/event-types', {
    meta: { success: 'Event type created', failureShown: true, invalidates: EVENT_TYPES },
    onSuccess: ({ name }) => navigate({ to: '/event-types/$name', params: { name } }),
  });
  const edit = api.useMutation('patch', '/v1/event-types/{name}', {
    meta: { success: 'Event type updated', failureShown: true, invalidates: EVENT_TYPES },
    onSuccess: onClose,
  });
  return {
    mutation: eventType ? edit : create,
    save: ({ name, group, description, schema, example, searchKeys }: ReturnType<typeof valuesOf>) => {
      const body = {
        group: group.trim() || null,
        description: description.trim() || null,
        schema: readJsonObject(schema) ?? null,
        example: readJsonObject(example) ?? null,
        searchKeys,
      };
      if (eventType) edit.mutate({ params: { path: { name: eventType.name } }, body });
      else create.mutate({ body: { name: name.trim(), ...body } });
    },
  };
}

const valuesOf = (eventType?: EventType) => ({
  name: eventType?.name ?? '',
  group: eventType?.group ?? '',
  description: eventType?.description ?? '',
  schema: writeJson(eventType?.schema),
  example: writeJson(eventType?.example),
  searchKeys: eventType?.searchKeys ?? [],
});
