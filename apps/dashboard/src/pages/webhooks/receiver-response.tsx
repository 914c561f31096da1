import { Group, Stack, Text } from '@mantine/core';
import { CircleCheck, CircleX } from 'lucide-react';
import { Badge } from '../../components/badge.js';
import { failureText } from '../../components/failure-text.js';
import { formatDuration } from '../../components/format-number.js';
import { headerLines } from '../../components/header-lines.js';
import { JsonView } from '../../components/json-view.js';
import { t } from '../../i18n/t.js';

interface ReceiverResponseProps {
  /** Null without a response. */
  status: number | null;
  headers?: Record<string, string> | null;
  body?: string | null | undefined;
  /** Why there was no response. */
  error?: { code: string; message: string } | null | undefined;
  durationMs?: number;
}

/** The response to a request that was just sent. */
export function ReceiverResponse({ status, headers, body, error, durationMs }: ReceiverResponseProps) {
  const isSuccess = status !== null && status >= 200 && status < 300;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Badge
          tone={isSuccess ? 'good' : 'bad'}
          icon={isSuccess ? CircleCheck : CircleX}
          label={status === null ? t('No response') : `HTTP ${status}`}
        />
        {durationMs !== undefined && (
          <Text size="sm" c="dimmed">
            {t('in {{duration}}', { duration: formatDuration(durationMs) })}
          </Text>
        )}
      </Group>
      {error && (
        <Text size="sm">
          {failureText(error)}{' '}
          <Text span size="xs" c="dimmed" ff="monospace">
            {error.code}
          </Text>
        </Text>
      )}
      {headers && <JsonView value={headerLines(headers)} label={t('Response headers')} maxHeight={160} />}
      {body !== null && body !== undefined && body !== '' && (
        <JsonView value={body} label={t('Response body')} maxHeight={200} />
      )}
    </Stack>
  );
}
