import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { CircleAlert, RotateCw } from 'lucide-react';
import { toProblem } from '../problems/problem.js';
import { BAD_ALERT } from './alert-colors.js';
import classes from './problem-alert.module.css';
import { t, tNode } from '../i18n/t.js';

interface ProblemAlertProps {
  error: unknown;
  /** Shown as "Try again" if a retry may succeed. */
  onRetry?: () => unknown;
  retrying?: boolean;
}

/** Shows the API's error, with the request ID to search the logs for. */
export function ProblemAlert({ error, onRetry, retrying }: ProblemAlertProps) {
  const { title, status, detail, errors, requestId } = toProblem(error);
  const isRetryable = status === null || status >= 500 || status === 429;
  return (
    <Alert classNames={BAD_ALERT} title={title} icon={<CircleAlert size={18} aria-hidden />} role="alert">
      <Stack gap="xs" align="flex-start">
        {detail !== undefined && <Text>{detail}</Text>}
        {errors.map(({ path, message }) => (
          <Text key={path + message}>
            {path !== '' && <Code>{path}</Code>} {message}
          </Text>
        ))}
        <Group gap="md">
          {onRetry && isRetryable && (
            <Button
              variant="default"
              size="xs"
              leftSection={<RotateCw size={14} aria-hidden />}
              onClick={() => void onRetry()}
              loading={retrying ?? false}
            >
              {t('Try again')}
            </Button>
          )}
          {requestId !== undefined && (
            <Text size="xs">
              {tNode('Request ID: {{id}}', { id: <Code className={classes.id}>{requestId}</Code> })}
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
