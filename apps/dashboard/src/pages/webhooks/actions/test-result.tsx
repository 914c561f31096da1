import { Group, Stack, Title } from '@mantine/core';
import type { components } from '../../../generated/api.js';
import { CopyCurlButton } from '../../../components/copy-curl-button.js';
import { toCurl } from '../../../components/curl.js';
import { headerLines } from '../../../components/header-lines.js';
import { JsonView } from '../../../components/json-view.js';
import { Mono } from '../../../components/mono.js';
import { ReceiverResponse } from '../receiver-response.js';
import { t } from '../../../i18n/t.js';

/** The response and the request of a test event. */
export function TestResult({ attempt }: { attempt: components['schemas']['TestAttempt'] }) {
  const { request, responseStatus, responseBody, responseHeaders, error, durationMs } = attempt;
  return (
    <Stack gap="lg">
      <Stack gap="xs" role="status">
        <Title order={3}>{t('Response')}</Title>
        <ReceiverResponse
          status={responseStatus}
          headers={responseHeaders}
          body={responseBody}
          error={error}
          durationMs={durationMs}
        />
      </Stack>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={3}>{t('Request')}</Title>
          <CopyCurlButton command={toCurl(request)} />
        </Group>
        <Mono>{`${request.method} ${request.url}`}</Mono>
        <JsonView value={headerLines(request.headers)} label={t('Request headers')} maxHeight={200} />
        <JsonView value={request.body} label={t('Request body')} maxHeight={240} />
      </Stack>
    </Stack>
  );
}
