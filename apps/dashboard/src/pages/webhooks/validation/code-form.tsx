import { Button, Group, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import * as z from 'zod/mini';
import { api } from '../../../api/api.js';
import { toProblem, type ApiProblem } from '../../../problems/problem.js';
import { useWebhookChanged } from '../use-webhook.js';
import classes from './code-form.module.css';
import { t } from '../../../i18n/t.js';

const wrongCode = z.object({ attemptsLeft: z.int() });

/** The form for the validation code. The code may have been sent before the page was opened. */
export function CodeForm({ webhookId }: { webhookId: string }) {
  const [code, setCode] = useState('');
  const changed = useWebhookChanged();
  const confirm = api.useMutation('post', '/v1/webhooks/{id}/validation/confirm', {
    meta: { failureShown: true, success: t('URL validated') },
    onSuccess: changed,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    confirm.mutate({ params: { path: { id: webhookId } }, body: { code: code.trim() } });
  }

  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <TextInput
          label={t('Validation code')}
          description={t('8 letters and digits')}
          classNames={{ root: classes.field, input: classes.code }}
          value={code}
          onChange={({ currentTarget }) => {
            setCode(currentTarget.value);
            confirm.reset();
          }}
          error={confirm.error && messageFor(toProblem(confirm.error))}
          errorProps={{ role: 'alert' }}
          maxLength={64}
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
        />
        <Button
          type="submit"
          variant="light"
          mt={42}
          flex="none"
          loading={confirm.isPending}
          disabled={code.trim() === ''}
        >
          {t('Validate URL')}
        </Button>
      </Group>
    </form>
  );
}

function messageFor(problem: ApiProblem): string {
  switch (problem.code) {
    case 'validation_code_invalid':
      return [t('Wrong code.'), attemptsLeft(problem)].filter(Boolean).join(' ');
    case 'validation_code_locked':
      return t('Too many wrong attempts. Send a new code.');
    case 'validation_code_expired':
      return t('This code has expired. Send a new code.');
    case 'validation_not_requested':
      return t('No code was sent to this URL. Send a code first.');
    default:
      return problem.detail ?? problem.title;
  }
}

function attemptsLeft({ body }: ApiProblem): string {
  const parsed = wrongCode.safeParse(body);
  if (!parsed.success) return '';
  const left = parsed.data.attemptsLeft;
  return t('{{count}} attempts left.', { count: left });
}
