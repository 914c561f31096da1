import { Autocomplete, Modal, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { ModalForm } from '../../components/modal-form.js';
import { RetentionInputs } from '../../components/retention-inputs.js';
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

const FIELDS = [
  'name',
  'group',
  'description',
  'schema',
  'example',
  'searchKeys',
  'orderingPointer',
  'redact',
  'retention.payloadDays',
  'retention.historyDays',
] as const;

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
      <PointerFields form={form} />
    </ModalForm>
  );
}

/** The places in the data that are searched, that order events, and that are hidden, and the retention. */
function PointerFields({ form }: { form: UseFormReturnType<EventTypeValues> }) {
  return (
    <>
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
      <TextInput
        label="Ordering pointer"
        description="JSON Pointer to the ordering key in the data. Events that were published without a key get the value at this path."
        placeholder="/order/id"
        maxLength={256}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        {...form.getInputProps('orderingPointer')}
      />
      <TagsInput
        label="Redacted values"
        description="JSON Pointers into the data. Only keys with payloads:read see the values at these paths, also those of earlier events. Receivers get them."
        placeholder="/card/number"
        maxTags={10}
        splitChars={[]}
        spellCheck={false}
        autoCapitalize="off"
        {...form.getInputProps('redact')}
      />
      <RetentionInputs inputProps={(name) => form.getInputProps(name)} />
    </>
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
    save: (values: EventTypeValues) => {
      const { name, group, description, schema, example, searchKeys, orderingPointer, redact, retention } =
        values;
      const body = {
        group: group.trim() || null,
        description: description.trim() || null,
        schema: readJsonObject(schema) ?? null,
        example: readJsonObject(example) ?? null,
        searchKeys,
        orderingPointer: orderingPointer.trim() || null,
        redact,
        retention: {
          payloadDays: daysOrNull(retention.payloadDays),
          historyDays: daysOrNull(retention.historyDays),
        },
      };
      if (eventType) edit.mutate({ params: { path: { name: eventType.name } }, body });
      else create.mutate({ body: { name: name.trim(), ...body } });
    },
  };
}

const daysOrNull = (input: number | string): number | null => (input === '' ? null : Number(input));

interface EventTypeValues {
  name: string;
  group: string;
  description: string;
  schema: string;
  example: string;
  searchKeys: string[];
  orderingPointer: string;
  redact: string[];
  /** An empty input means the retention of the installation. */
  retention: Record<'payloadDays' | 'historyDays', number | string>;
}

const valuesOf = (eventType?: EventType): EventTypeValues => ({
  name: eventType?.name ?? '',
  group: eventType?.group ?? '',
  description: eventType?.description ?? '',
  schema: writeJson(eventType?.schema),
  example: writeJson(eventType?.example),
  searchKeys: eventType?.searchKeys ?? [],
  orderingPointer: eventType?.orderingPointer ?? '',
  redact: eventType?.redact ?? [],
  retention: {
    payloadDays: eventType?.retention.payloadDays ?? '',
    historyDays: eventType?.retention.historyDays ?? '',
  },
});
