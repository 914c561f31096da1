import { Autocomplete, Group, Modal } from '@mantine/core';
import { useForm } from '@mantine/form';
import { withDataText } from '@posthorn/core/json';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { CopyCurlButton } from '../../components/copy-curl-button.js';
import { toApiCurl } from '../../components/curl.js';
import { formatCount } from '../../components/format-number.js';
import { ModalForm } from '../../components/modal-form.js';
import { JsonTextarea } from '../../components/json-textarea.js';
import { notifySuccess } from '../../notify/notify.js';
import { TenantField } from '../../components/tenant-field.js';
import { useTenantChoice } from '../../search/use-tenant-choice.js';
import { groupedEventTypes } from '../event-types/grouped-event-types.js';
import { jsonObjectError, writeJson } from '../../components/json-field.js';
import { useEventTypes } from '../event-types/use-event-types.js';
import { useIdempotencyKey } from './use-idempotency-key.js';

export interface Draft {
  type: string;
  /** JSON text. */
  data: string;
}

interface PublishFormProps {
  /** Initial values. */
  draft: Draft | undefined;
  onClose: () => void;
}

const FIELDS = ['type', 'data'] as const;

export default function PublishModal({ opened, ...props }: PublishFormProps & { opened: boolean }) {
  return (
    <Modal
      opened={opened}
      onClose={props.onClose}
      title="Publish event"
      size="lg"
      closeOnClickOutside={false}
    >
      <PublishForm {...props} />
    </Modal>
  );
}

/** Publishes an event, then opens its page. */
function PublishForm({ draft, onClose }: PublishFormProps) {
  const { eventTypes = [] } = useEventTypes();
  const tenant = useTenantChoice();
  const { tenantId } = tenant;
  const publish = usePublish(onClose);
  // The example that was filled in last. It may be replaced; the user's input may not.
  const [prefilled, setPrefilled] = useState('');
  const form = useForm({
    initialValues: draft ?? { type: '', data: '' },
    validate: {
      type: (type) => (type.trim() === '' ? 'Enter an event type.' : null),
      data: (data) => (data.trim() === '' ? 'Enter a JSON object, such as {}.' : jsonObjectError(data)),
    },
  });

  function fillIn(type: string) {
    const { data } = form.getValues();
    if (data.trim() !== '' && data !== prefilled) return;
    const example = writeJson(eventTypes.find(({ name }) => name === type)?.example ?? {});
    form.setFieldValue('data', example);
    setPrefilled(example);
  }

  return (
    <ModalForm
      form={form}
      fields={FIELDS}
      mutation={publish}
      submitLabel="Publish event"
      onCancel={onClose}
      onSubmit={form.onSubmit(
        ({ type, data }) => {
          if (tenant.check()) publish.mutate({ type: type.trim(), tenantId }, data);
        },
        () => void tenant.check(),
      )}
    >
      <Autocomplete
        label="Event type"
        description="Select a type from the catalog, or enter any other."
        placeholder="invoice.paid"
        data={groupedEventTypes(eventTypes)}
        comboboxProps={{ shadow: 'md', withinPortal: false }}
        openOnFocus={false}
        required
        spellCheck={false}
        autoComplete="off"
        maxLength={128}
        data-autofocus={draft === undefined || undefined}
        {...form.getInputProps('type')}
        onOptionSubmit={fillIn}
      />
      <JsonTextarea
        label="Data"
        description="A JSON object. Starts with the example of the event type."
        placeholder={'{ "id": "in_1" }'}
        minRows={8}
        maxRows={18}
        required
        data-autofocus={draft !== undefined || undefined}
        {...form.getInputProps('data')}
      />
      {tenant.isOffered && (
        <TenantField choice={tenant} description="The event is delivered to the webhooks of this tenant." />
      )}
      <Group>
        <CopyCurlButton
          command={toApiCurl(
            '/v1/events',
            withDataText(
              JSON.stringify({ type: form.values.type.trim(), tenantId }),
              form.values.data || '{}',
            ),
          )}
        />
      </Group>
    </ModalForm>
  );
}

function usePublish(onPublished: () => void) {
  const navigate = useNavigate();
  const keyOf = useIdempotencyKey();
  const publish = api.useMutation('post', '/v1/events', {
    meta: { failureShown: true, invalidates: ['/v1/events'] },
    async onSuccess({ id, deliveries }) {
      notifySuccess(
        deliveries === 1
          ? 'Event published to 1 webhook'
          : `Event published to ${formatCount(deliveries)} webhooks`,
      );
      onPublished();
      await navigate({ to: '/events/$eventId', params: { eventId: id } });
    },
  });
  return {
    ...publish,
    /** Publishes the data as it was entered: a parsed value would have other numbers. */
    mutate(fields: { type: string; tenantId: string | undefined }, dataText: string) {
      const idempotencyKey = keyOf(withDataText(JSON.stringify(fields), dataText));
      const keyed = { ...fields, idempotencyKey };
      publish.mutate({
        body: { ...keyed, data: {} },
        bodySerializer: () => withDataText(JSON.stringify(keyed), dataText),
      });
    },
  };
}
