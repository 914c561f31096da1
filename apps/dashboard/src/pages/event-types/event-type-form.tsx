import { Autocomplete, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useFormErrors } from '../../api/use-form-errors.js';
import type { components } from '../../generated/api.js';
import { FormButtons } from '../../components/form-buttons.js';
import { FormErrorAlert } from '../../components/form-error-alert.js';
import { JsonTextarea } from '../../components/json-textarea.js';
import { readJsonObject, storedJsonError, writeJson } from './json-field.js';
import { useEventTypes, type EventType } from './use-event-types.js';

export type EventTypeInput = components['schemas']['CreateEventType'];

interface EventTypeFormProps {
  /** The event type to edit; absent to create one. */
  eventType?: EventType;
  onSubmit: (input: EventTypeInput) => void;
  onCancel: () => void;
  /** State of the mutation. */
  pending: boolean;
  error: unknown;
}

const FIELDS = ['name', 'group', 'description', 'schema', 'example', 'searchKeys'] as const;

const MAX_SEARCH_KEYS = 10;

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
      searchKeys: eventType?.searchKeys ?? [],
    },
    validate: {
      name: (name) => (name.trim() === '' ? 'Enter a name, such as invoice.paid.' : null),
      schema: storedJsonError,
      example: storedJsonError,
    },
  });
  const formErrors = useFormErrors(form, error, FIELDS);

  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ name, group, description, schema, example, searchKeys }) =>
        onSubmit({
          name: name.trim(),
          group: group.trim() || null,
          description: description.trim() || null,
          schema: readJsonObject(schema) ?? null,
          example: readJsonObject(example) ?? null,
          searchKeys,
        }),
      )}
    >
      <Stack>
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
          maxTags={MAX_SEARCH_KEYS}
          splitChars={[]}
          spellCheck={false}
          autoCapitalize="off"
          {...form.getInputProps('searchKeys')}
        />
        <FormErrorAlert errors={formErrors} />
        <FormButtons
          submitLabel={eventType ? 'Save changes' : 'Create event type'}
          pending={pending}
          onCancel={onCancel}
        />
      </Stack>
    </form>
  );
}
