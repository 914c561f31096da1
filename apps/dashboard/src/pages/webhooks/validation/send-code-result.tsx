import { Stack, Text } from '@mantine/core';
import * as z from 'zod/mini';
import { toProblem } from '../../../api/problem.js';
import type { components } from '../../../generated/api.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { Time } from '../../../components/time.js';
import { ReceiverResponse } from '../receiver-response.js';

interface SendCodeResultProps {
  sent: components['schemas']['RequestedValidation'] | undefined;
  error: unknown;
}

const refusal = z.object({
  responseStatus: z.nullable(z.int()),
  responseBody: z.optional(z.string()),
});

/** What came of sending a code: the receiver took it, or answered something else. */
export function SendCodeResult({ sent, error }: SendCodeResultProps) {
  if (error) return <Refusal error={error} />;
  if (!sent) return null;
  return (
    <div role="status">
      <ReceiverResponse status={sent.responseStatus} />
      <Text size="sm" mt="xs">
        The code has arrived. It expires <Time at={sent.expiresAt} relative />, or after 5 wrong tries.
      </Text>
    </div>
  );
}

function Refusal({ error }: { error: unknown }) {
  const problem = toProblem(error);
  const answer = refusal.safeParse(problem.body);
  if (problem.code !== 'validation_delivery_failed' || !answer.success) return <ProblemAlert error={error} />;
  const { responseStatus, responseBody } = answer.data;
  return (
    <Stack gap="xs" role="alert">
      <Text>
        The code was not taken: {problem.detail}. A receiver must answer it with 2xx; see what is wrong there,
        then send a new one.
      </Text>
      <ReceiverResponse status={responseStatus} body={responseBody} />
    </Stack>
  );
}
