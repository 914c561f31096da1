import { Text } from '@mantine/core';
import { failureName } from './failure-text.js';

interface LastResultProps {
  result: { lastStatus: number | null; lastError: string | null };
}

/** The HTTP status of the last attempt, or the code of its error. */
export function LastResult({ result: { lastStatus, lastError } }: LastResultProps) {
  const isSuccess = lastStatus !== null && lastStatus >= 200 && lastStatus < 300;
  const isNone = lastStatus === null && lastError === null;
  return (
    <Text span inherit c={isNone ? 'dimmed' : isSuccess ? 'var(--good)' : 'var(--bad)'}>
      {lastResultText({ lastStatus, lastError }) ?? '–'}
    </Text>
  );
}

/** `503`, `connection refused`; null without attempts. */
export function lastResultText({ lastStatus, lastError }: LastResultProps['result']): string | null {
  if (lastStatus !== null) return `${lastStatus}`;
  return lastError === null ? null : failureName(lastError);
}
