import { Button, Text } from '@mantine/core';
import { api } from '../../../api/api.js';
import { toProblem } from '../../../problems/problem.js';
import { failureText } from '../../../components/failure-text.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { t } from '../../../i18n/t.js';

/** Requests an access token with the stored client of a webhook. */
export function TestAuthentication({ webhookId: id }: { webhookId: string }) {
  const test = api.useMutation('post', '/v1/webhooks/{id}/test-authentication', {
    meta: { failureShown: true },
  });
  return (
    <>
      <Button
        variant="default"
        size="xs"
        loading={test.isPending}
        onClick={() => test.mutate({ params: { path: { id } } })}
      >
        {t('Test authentication')}
      </Button>
      {test.data && (
        <Text size="sm" role="status" c={test.data.error ? 'red' : undefined}>
          {test.data.error ? failureText(test.data.error) : t('The token endpoint issued an access token.')}
        </Text>
      )}
      {test.error && <ProblemAlert error={toProblem(test.error)} />}
    </>
  );
}
