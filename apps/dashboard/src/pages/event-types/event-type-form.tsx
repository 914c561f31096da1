import { Autocomplete, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useFormErrors } from '../../api/use-form-errors.js';
import type { components } from '../../generated/api.js';
import { FormButtons } from '../../components/form-buttons.js';
import { FormErrorAlert } from '../../components/form-error-alert.js';
import { JsonTextarea } from '../../components/json-textarea.js';
import { jsonObjectError, readJsonObject, writeJson } from './json-field.js';
import { useEventTypes, type EventType } from './use-event-types.js';

export type EventTypeInput = components['schemas']['CreateEventType'];

interface EventTypeFormProps {
  /** What it is now; absent: it is made. */
  eventType?: EventType;
  onSubmit: (input: EventTypeInput) => void;
  onCancel: () => void;
  /** Of the mutation behind it. */
  pending: boolean;
  error: unknown;
}

const FIELDS = ['name', 'group', 'description', 'schema', 'example'] as const;

export function EventTypeForm({ eventType, onSubmit, onCancel, pending, error }: EventTypeFormProps) {
  const { eventTypes = [] } = useEventTypes();
  const groups = [...new Set(eventTypes.map(({ group }) => group).filter((group) => group !== null))];
  const form = useForm({
    initialValues: {
      name: eventType?.name ?? '',
      group: eventType?.group ?? '',
      description: eventType?.description ?? '',
      schema: writeJson(eventType?.schema),
      example: writeJson(eventType?.example),
    },
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name, such as invoice.paid' : null),
      schema: jsonObjectError,
      example: jsonObjectError,
    },
  });
  const formErrors = useFormErrors(form, error, FIELDS);

  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ name, group, description, schema, example }) =>
        onSubmit({
          name: name.trim(),
          group: group.trim() || null,
          description: description.trim() || null,
          schema: readJsonObject(schema) ?? null,
          example: readJsonObject(example) ?? null,
        }),
      )}
    >
      <Stack>
        <TextInput
          label="Name"
          description="Segments of letters, digits, _ and -, with dots between them"
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
          description="JSON Schema (draft 2020-12). Events whose data breaks it are rejected. Empty: any data."
          placeholder={'{ "type": "object", "required": ["id"] }'}
          minRows={4}
          maxRows={14}
          {...form.getInputProps('schema')}
        />
        <JsonTextarea
          label="Example"
          description="Example data, for test sends and for whoever writes a receiver. It must fit the schema."
          placeholder={'{ "id": "in_1" }'}
          minRows={4}
          maxRows={14}
          {...form.getInputProps('example')}
        />
        <FormErrorAlert errors={formErrors} />
        <FormButtons submitLabel={eventType ? 'Save' : 'Create'} pending={pending} onCancel={onCancel} />
      </Stack>
    </form>
  );
}
