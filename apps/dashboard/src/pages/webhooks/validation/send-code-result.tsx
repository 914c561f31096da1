import { Stack, Text } from '@mantine/core';
import * as z from 'zod/mini';
import { toProblem } from '../../../problems/problem.js';
import { failureText } from '../../../components/failure-text.js';
import type { components } from '../../../generated/api.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { Time } from '../../../components/time.js';
import { ReceiverResponse } from '../receiver-response.js';
import { t, tNode } from '../../../i18n/t.js';

interface SendCodeResultProps {
  sent: components['schemas']['RequestedValidation'] | undefined;
  error: unknown;
}

const failedDelivery = z.object({
  responseStatus: z.nullable(z.int()),
  responseBody: z.optional(z.string()),
  error: z.optional(z.object({ code: z.string(), message: z.string() })),
});

/** Shows whether the receiver accepted the code. */
export function SendCodeResult({ sent, error }: SendCodeResultProps) {
  if (error) return <SendFailure error={error} />;
  if (!sent) return null;
  return (
    <div role="status">
      <ReceiverResponse status={sent.responseStatus} />
      <Text size="sm" mt="xs">
        {tNode(
          'The receiver accepted the request. Look up the code in the request that it received. The code expires {{when}}, or after 5 wrong attempts.',
          { when: <Time at={sent.expiresAt} relative /> },
        )}
      </Text>
    </div>
  );
}

function SendFailure({ error }: { error: unknown }) {
  const problem = toProblem(error);
  const parsed = failedDelivery.safeParse(problem.body);
  if (problem.code !== 'validation_delivery_failed' || !parsed.success) return <ProblemAlert error={error} />;
  const { responseStatus, responseBody, error: failure } = parsed.data;
  return (
    <Stack gap="xs" role="alert">
      <Text>
        {t(
          'The receiver did not accept the code. It must respond with a 2xx status. Fix the receiver, then send a new code.',
        )}
      </Text>
      {failure && <Text c="dimmed">{failureText(failure)}</Text>}
      <ReceiverResponse status={responseStatus} body={responseBody} />
    </Stack>
  );
}
