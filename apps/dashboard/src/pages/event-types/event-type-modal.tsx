import { Autocomplete, Modal, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { ModalForm } from '../../components/modal-form.js';
import { RetentionInputs } from '../../components/retention-inputs.js';
import { storedJsonError } from '../../components/json-field.js';
import type { components } from '../../generated/api.js';
import { EVENT_TYPE_SETTINGS } from '../../generated/settings.js';
import { RowInput, type RowInputExtras } from '../../settings/row-input.js';
import { settingFields, type SettingFields, settingValues } from '../../settings/setting-fields.js';
import { useEventTypes, type EventType } from './use-event-types.js';

type EventTypeSetting = keyof typeof EVENT_TYPE_SETTINGS;

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

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
const SETTINGS = Object.keys(EVENT_TYPE_SETTINGS) as EventTypeSetting[];

const FIELDS = ['name', ...SETTINGS, 'retention.payloadDays', 'retention.historyDays'];

/** What the table does not have. */
const EXTRAS: Partial<Record<EventTypeSetting, RowInputExtras>> = {
  schema: { placeholder: '{ "type": "object", "required": ["id"] }', minRows: 4, maxRows: 14 },
  example: { placeholder: '{ "id": "in_1" }', minRows: 4, maxRows: 14 },
  searchKeys: { placeholder: '/order/id', splitChars: [] },
  orderingPointer: { placeholder: '/order/id', autoCapitalize: 'off', autoComplete: 'off' },
  redact: { placeholder: '/card/number', splitChars: [] },
};

/** The settings whose inputs are not those of their kind. */
const PLACED = new Set<EventTypeSetting>(['description', 'group']);

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
        label={EVENT_TYPE_SETTINGS.group.label}
        placeholder="Billing"
        data={groups.toSorted()}
        maxLength={EVENT_TYPE_SETTINGS.group.maxLength}
        {...form.getInputProps('group')}
      />
      <Textarea
        label={EVENT_TYPE_SETTINGS.description.label}
        placeholder="An invoice was paid in full."
        autosize
        minRows={2}
        maxLength={EVENT_TYPE_SETTINGS.description.maxLength}
        {...form.getInputProps('description')}
      />
      {SETTINGS.filter((name) => !PLACED.has(name)).map((name) => (
        <RowInput
          key={name}
          row={EVENT_TYPE_SETTINGS[name]}
          inputProps={(options) => form.getInputProps(name, options)}
          {...EXTRAS[name]}
        />
      ))}
      <RetentionInputs inputProps={(name) => form.getInputProps(name)} />
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
    save: (values: EventTypeValues) => {
      const { name, retention } = values;
      const body = {
        ...settingValues<components['schemas']['UpdateEventType']>(EVENT_TYPE_SETTINGS, values),
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

interface EventTypeValues extends SettingFields<typeof EVENT_TYPE_SETTINGS, EventType> {
  name: string;
  /** An empty input means the retention of the installation. */
  retention: Record<'payloadDays' | 'historyDays', number | string>;
}

const valuesOf = (eventType?: EventType): EventTypeValues => ({
  name: eventType?.name ?? '',
  ...settingFields<typeof EVENT_TYPE_SETTINGS, EventType>(EVENT_TYPE_SETTINGS, eventType ?? {}),
  retention: {
    payloadDays: eventType?.retention.payloadDays ?? '',
    historyDays: eventType?.retention.historyDays ?? '',
  },
});
