import '../../theme/mantine-divider.css';
import { Center, Divider, Paper, Skeleton, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { SIGN_IN_OPTIONS_QUERY } from '../../api/sign-in-options.js';
import { DocumentTitle } from '../../components/document-title.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { Logo } from '../logo.js';
import { KeyForm } from './key-form.js';
import { SignInErrorAlert } from './sign-in-error-alert.js';
import type { SignInError } from './sign-in-errors.js';
import classes from './sign-in.module.css';
import { SingleSignOn } from './single-sign-on.js';

/** The height of the button that takes the place of the skeleton. */
const BUTTON_HEIGHT = 42;

interface SignInProps {
  /** Path to open after sign-in. */
  next: string;
  /** Why the previous sign-in with single sign-on failed. */
  error: SignInError | undefined;
}

/** Offers the ways to sign in. The form for a key can be used while they are loaded, and if they cannot be loaded. */
export function SignIn({ next, error }: SignInProps) {
  const options = useQuery(SIGN_IN_OPTIONS_QUERY);
  const { apiKey: acceptsKeys = true, singleSignOn = null } = options.data ?? {};
  return (
    <Center component="main" className={classes.page}>
      <DocumentTitle>Sign in</DocumentTitle>
      <Paper className={classes.card}>
        <Stack gap="lg">
          <Logo />
          <Title order={1}>Sign in</Title>
          {error !== undefined && (
            <SignInErrorAlert error={error} provider={singleSignOn?.name} acceptsKeys={acceptsKeys} />
          )}
          {options.isPending && <Skeleton height={BUTTON_HEIGHT} />}
          {options.isError && (
            <ProblemAlert error={options.error} onRetry={options.refetch} retrying={options.isFetching} />
          )}
          {singleSignOn && <SingleSignOn provider={singleSignOn} next={next} acceptsKeys={acceptsKeys} />}
          {singleSignOn?.available === true && acceptsKeys && <Divider label="or" />}
          {acceptsKeys && <KeyForm next={next} isOnlyWay={singleSignOn === null} />}
        </Stack>
      </Paper>
    </Center>
  );
}
