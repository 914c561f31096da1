import { Group, Stack, Text } from '@mantine/core';
import { CircleCheck, CircleX } from 'lucide-react';
import { Badge } from '../../components/badge.js';
import { formatDuration } from '../../components/format-number.js';
import { JsonView } from '../../components/json-view.js';

interface ReceiverResponseProps {
  /** Null: there was no answer. */
  status: number | null;
  body?: string | null | undefined;
  /** Why there was none. */
  error?: { code: string; message: string } | null | undefined;
  durationMs?: number;
}

/** What a receiver answered to a request that was made just now. */
export function ReceiverResponse({ status, body, error, durationMs }: ReceiverResponseProps) {
  const isSuccess = status !== null && status >= 200 && status < 300;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Badge tone={isSuccess ? 'good' : 'bad'} icon={isSuccess ? CircleCheck : CircleX}>
          {status === null ? 'No answer' : `Answered ${status}`}
        </Badge>
        {durationMs !== undefined && (
          <Text size="sm" c="dimmed">
            in {formatDuration(durationMs)}
          </Text>
        )}
      </Group>
      {error && (
        <Text size="sm">
          {error.message}{' '}
          <Text span size="xs" c="dimmed" ff="monospace">
            {error.code}
          </Text>
        </Text>
      )}
      {body !== null && body !== undefined && body !== '' && (
        <JsonView value={body} label="Body of the answer" maxHeight={200} />
      )}
    </Stack>
  );
}
