import { Button, Group, Stack, Text } from '@mantine/core';
import { Eye } from 'lucide-react';
import { api } from '../../../api/api.js';
import { toProblem } from '../../../problems/problem.js';
import { CopyCurlButton } from '../../../components/copy-curl-button.js';
import { toCurl } from '../../../components/curl.js';
import { headerLines } from '../../../components/header-lines.js';
import { JsonView } from '../../../components/json-view.js';
import { Mono } from '../../../components/mono.js';
import type { components } from '../../../generated/api.js';
import { t, tNode } from '../../../i18n/t.js';

type DeliveryFormat = components['schemas']['DeliveryFormat'];

const EXAMPLE_URL = 'https://receiver.example/hooks';
const EXAMPLE = { eventType: 'invoice.paid', data: { id: 'in_1', amount: 4200 } };

/** Shows the request of an example event. @param format null if the JSON is invalid */
export function FormatPreview({ format }: { format: DeliveryFormat | null }) {
  const preview = api.useMutation('post', '/v1/delivery-formats/preview', { meta: { failureShown: true } });
  const shown = preview.data;
  return (
    <Stack gap="xs">
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<Eye size={14} aria-hidden />}
          disabled={format === null}
          loading={preview.isPending}
          onClick={() =>
            format && preview.mutate({ body: { ...EXAMPLE, url: EXAMPLE_URL, deliveryFormat: format } })
          }
        >
          {t('Preview request')}
        </Button>
        {shown && <CopyCurlButton command={toCurl({ url: EXAMPLE_URL, secretHeaders: [], ...shown })} />}
      </Group>
      {preview.error && (
        <Text c="red" size="sm" role="alert">
          {messagesOf(preview.error)}
        </Text>
      )}
      {shown && (
        <Stack gap="xs" role="status">
          <Text size="sm" c="dimmed">
            {tNode('An example event, signed with the preview secret {{secret}}.', {
              secret: <Mono>{shown.secret}</Mono>,
            })}
          </Text>
          <JsonView value={headerLines(shown.headers)} label={t('Request headers')} maxHeight={200} />
          <JsonView value={shown.body} label={t('Request body')} maxHeight={240} />
        </Stack>
      )}
    </Stack>
  );
}

function messagesOf(error: unknown): string {
  const { errors, detail, title } = toProblem(error);
  return errors.map(({ path, message }) => `${path}: ${message}`).join('; ') || (detail ?? title);
}
