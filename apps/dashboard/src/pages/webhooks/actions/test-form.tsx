import { Autocomplete, Button, Group, Stack, Text } from '@mantine/core';
import { Send } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../../api/api.js';
import { toFormErrors } from '../../../api/form-errors.js';
import { toProblem } from '../../../api/problem.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { groupedEventTypes } from '../../event-types/grouped-event-types.js';
import { useEventTypes } from '../../event-types/use-event-types.js';
import { TestResult } from './test-result.js';
import type { WebhookDialogProps } from './webhook-dialog.js';

/** Sends a signed test event and shows the request and the response. */
export default function TestForm({
  webhook: { id, eventTypes: subscribed },
}: Pick<WebhookDialogProps, 'webhook'>) {
  const { eventTypes: types = [] } = useEventTypes();
  const [typed, setTyped] = useState<string | null>(null);
  const eventType = typed ?? subscribed.find((type) => !type.includes('*')) ?? types[0]?.name ?? '';
  const test = api.useMutation('post', '/v1/webhooks/{id}/test', { meta: { failureShown: true } });
  const problem = test.error && toProblem(test.error);
  const fieldError = problem && toFormErrors(problem, ['eventType']).fields['eventType'];

  function submit(event: FormEvent) {
    event.preventDefault();
    test.mutate({ params: { path: { id } }, body: { eventType: eventType.trim() } });
  }

  return (
    <Stack>
      <form onSubmit={submit}>
        <Stack>
          <Text>
            Sends one signed request with the example of the event type. It is not retried and not listed
            under deliveries.
          </Text>
          <Autocomplete
            label="Event type"
            data={groupedEventTypes(types)}
            value={eventType}
            onChange={setTyped}
            // Otherwise the options would cover the button as soon as the dialog opens.
            openOnFocus={false}
            data-autofocus
            error={fieldError}
            maxLength={128}
            spellCheck={false}
          />
          <Group justify="flex-end">
            <Button
              type="submit"
              leftSection={<Send size={16} aria-hidden />}
              loading={test.isPending}
              disabled={eventType.trim() === ''}
            >
              {test.data ? 'Send again' : 'Send test event'}
            </Button>
          </Group>
        </Stack>
      </form>
      {problem && fieldError === undefined && <ProblemAlert error={problem} />}
      {test.data && <TestResult attempt={test.data} />}
    </Stack>
  );
}
