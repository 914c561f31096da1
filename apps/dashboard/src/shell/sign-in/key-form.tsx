import { Button, PasswordInput, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { toProblem, type ApiProblem } from '../../problems/problem.js';
import { SESSION_QUERY } from '../../api/session.js';

interface KeyFormProps {
  /** Path to open after sign-in. */
  next: string;
  /** Whether there is no other way to sign in, so that the key is entered at once. */
  isOnlyWay: boolean;
}

/** Exchanges an API key for a session cookie, which scripts cannot read. The key is not stored. */
export function KeyForm({ next, isOnlyWay }: KeyFormProps) {
  const router = useRouter();
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { key: '' },
    validate: { key: (key) => (key.trim() === '' ? 'Enter an API key.' : null) },
  });
  const signIn = api.useMutation('post', '/v1/session', {
    meta: { failureShown: true },
    onSuccess(session) {
      // Data of the previous key must not be visible to this one.
      queryClient.clear();
      queryClient.setQueryData(SESSION_QUERY.queryKey, session);
      router.history.push(next);
    },
    onError: (error) => form.setFieldError('key', messageFor(toProblem(error))),
  });

  return (
    <form onSubmit={form.onSubmit(({ key }) => signIn.mutate({ body: { key: key.trim() } }))} noValidate>
      <Stack gap="lg">
        <PasswordInput
          label="API key"
          description="It is not stored in this browser."
          placeholder="phk_…"
          autoComplete="current-password"
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the only purpose of this page
          autoFocus={isOnlyWay}
          spellCheck={false}
          size="md"
          errorProps={{ role: 'alert' }}
          {...form.getInputProps('key')}
        />
        <Button
          type="submit"
          size="md"
          fullWidth
          variant={isOnlyWay ? 'filled' : 'default'}
          loading={signIn.isPending}
        >
          {isOnlyWay ? 'Sign in' : 'Sign in with API key'}
        </Button>
      </Stack>
    </form>
  );
}

function messageFor(problem: ApiProblem): string {
  switch (problem.code) {
    case 'unauthorized':
    case 'invalid_input':
      return 'Invalid or expired API key.';
    case 'too_many_requests':
      return `Too many attempts. Try again in ${problem.retryAfterSeconds ?? 60} seconds.`;
    case 'unreachable':
    case 'unavailable':
      return "Can't reach Posthorn. Check that it is running.";
    default:
      return problem.detail ?? problem.title;
  }
}
