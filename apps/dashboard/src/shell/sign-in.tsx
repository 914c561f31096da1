import { Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { api } from '../api/api.js';
import { toProblem, type ApiProblem } from '../api/problem.js';
import { SESSION_QUERY } from '../api/session.js';
import { Logo } from './logo.js';
import classes from './sign-in.module.css';
import { DocumentTitle } from '../components/document-title.js';

/** Exchanges an API key for a session, which this page cannot read. The key is kept nowhere. */
export function SignIn({ next }: { next: string }) {
  const router = useRouter();
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { key: '' },
    validate: { key: (key) => (key.trim() === '' ? 'Enter an API key' : null) },
  });
  const signIn = api.useMutation('post', '/v1/session', {
    meta: { failureShown: true },
    onSuccess(session) {
      // Nothing that the last key could see is left for this one.
      queryClient.clear();
      queryClient.setQueryData(SESSION_QUERY.queryKey, session);
      router.history.push(next);
    },
    onError: (error) => form.setFieldError('key', messageFor(toProblem(error))),
  });

  return (
    <Center component="main" className={classes.page}>
      <DocumentTitle>Sign in</DocumentTitle>
      <Paper className={classes.card}>
        <form onSubmit={form.onSubmit(({ key }) => signIn.mutate({ body: { key: key.trim() } }))} noValidate>
          <Stack gap="lg">
            <Logo />
            <div>
              <Title order={1}>Sign in</Title>
              <Text c="dimmed" mt={4}>
                With an API key. It is not stored in this browser.
              </Text>
            </div>
            <PasswordInput
              label="API key"
              placeholder="phk_…"
              autoComplete="current-password"
              // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is for nothing else
              autoFocus
              spellCheck={false}
              size="md"
              errorProps={{ role: 'alert' }}
              {...form.getInputProps('key')}
            />
            <Button type="submit" size="md" fullWidth loading={signIn.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}

function messageFor(problem: ApiProblem): string {
  switch (problem.code) {
    case 'unauthorized':
    case 'invalid_input':
      return 'This key is not known, or it has ended.';
    case 'too_many_requests':
      return `Too many tries. Wait ${problem.retryAfterSeconds ?? 60} seconds, then try again.`;
    case 'unreachable':
    case 'unavailable':
      return 'Posthorn cannot be reached. Is it running?';
    default:
      return problem.detail ?? problem.title;
  }
}
