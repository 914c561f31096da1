import { Autocomplete, Button, Group, Stack, Text } from '@mantine/core';
import { matchesPattern } from '@posthorn/core/event-type';
import { Send } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../../api/api.js';
import { toFormErrors } from '../../../api/form-errors.js';
import { toProblem } from '../../../problems/problem.js';
import { CopyCurlButton } from '../../../components/copy-curl-button.js';
import { toApiCurl } from '../../../components/curl.js';
import { JsonTextarea } from '../../../components/json-textarea.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { groupedEventTypes } from '../../event-types/grouped-event-types.js';
import { readJsonObject, storedJsonError, writeJson } from '../../../components/json-field.js';
import { useEventTypes } from '../../event-types/use-event-types.js';
import { TestResult } from './test-result.js';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

/** Proposes the event types to which the webhook subscribes. Sends a signed test event and shows the request and the response. */
export default function TestForm({
  webhook: { id, eventTypes: subscribed },
  onSuccess,
}: Pick<WebhookDialogProps, 'webhook'> & { onSuccess?: () => void }) {
  const { eventTypes: catalog = [] } = useEventTypes();
  const types = catalog.filter(({ name }) => subscribed.some((pattern) => matchesPattern(name, pattern)));
  const [typed, setTyped] = useState<string | null>(null);
  const eventType = typed ?? subscribed.find((type) => !type.includes('*')) ?? types[0]?.name ?? '';
  const [edited, setEdited] = useState<string | null>(null);
  const example = catalog.find(({ name }) => name === eventType.trim())?.example;
  const data = edited ?? writeJson(example ?? {});
  const dataError = data.trim() === '' ? t('Enter a JSON object, such as {}.') : storedJsonError(data);
  const test = api.useMutation('post', '/v1/webhooks/{id}/test', {
    meta: { failureShown: true },
    onSuccess: ({ succeeded }) => {
      if (succeeded) onSuccess?.();
    },
  });
  const problem = test.error && toProblem(test.error);
  const fieldErrors = problem ? toFormErrors(problem, ['eventType', 'data']).fields : {};
  const body = { eventType: eventType.trim(), data: readJsonObject(data) ?? {} };

  function submit(event: FormEvent) {
    event.preventDefault();
    if (dataError === null) test.mutate({ params: { path: { id } }, body });
  }

  return (
    <Stack>
      <form onSubmit={submit}>
        <Stack>
          <Text>{t('Sends one signed request. It is not retried and not listed under deliveries.')}</Text>
          <Autocomplete
            label={t('Event type')}
            data={groupedEventTypes(types)}
            value={eventType}
            onChange={setTyped}
            // The options would cover the button: as soon as the dialog opens, and if there were more of them.
            openOnFocus={false}
            maxDropdownHeight={140}
            data-autofocus
            error={fieldErrors['eventType']}
            maxLength={128}
            spellCheck={false}
          />
          <JsonTextarea
            label={t('Data')}
            description={t('Starts with the example of the event type.')}
            value={data}
            // Leaving the field formats it: that is no edit.
            onChange={(text) => text !== data && setEdited(text)}
            error={dataError ?? fieldErrors['data']}
            minRows={4}
            maxRows={14}
          />
          <Group justify="flex-end">
            <CopyCurlButton command={toApiCurl(`/v1/webhooks/${id}/test`, JSON.stringify(body, null, 2))} />
            <Button
              type="submit"
              leftSection={<Send size={16} aria-hidden />}
              loading={test.isPending}
              disabled={eventType.trim() === '' || dataError !== null}
            >
              {test.data ? t('Send again') : t('Send test event')}
            </Button>
          </Group>
        </Stack>
      </form>
      {problem && Object.keys(fieldErrors).length === 0 && <ProblemAlert error={problem} />}
      {test.data && <TestResult attempt={test.data} />}
    </Stack>
  );
}
