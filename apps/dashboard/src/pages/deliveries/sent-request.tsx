import { Stack, Text } from '@mantine/core';
import { api } from '../../api/api.js';
import { toProblem } from '../../problems/problem.js';
import type { Delivery } from '../../api/types.js';
import { CopyCurlButton } from '../../components/copy-curl-button.js';
import { toCurl } from '../../components/curl.js';
import { headerLines } from '../../components/header-lines.js';
import { JsonView } from '../../components/json-view.js';
import { Panel } from '../../components/panel.js';
import { RedactionHint } from '../../components/redaction-hint.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { t } from '../../i18n/t.js';

/** The request of the last attempt, or of the first one before there was any. */
export function SentRequest({ delivery: { id, attemptCount } }: { delivery: Delivery }) {
  const query = api.useQuery('get', '/v1/deliveries/{id}/request', { params: { path: { id } } });
  const { data, error } = query;
  const request = data && { ...data, body: data.body ?? '' };
  return (
    <Panel
      title={t('Request')}
      description={[
        t('Recomputed from the current settings of the webhook; requests are not stored'),
        ...(attemptCount > 1 ? [t('Every attempt sends the same body')] : []),
      ].join(' · ')}
      actions={request && <CopyCurlButton command={toCurl(request)} />}
    >
      {request ? (
        <Stack gap="sm">
          <JsonView
            value={`${request.method} ${request.url}\n${headerLines(request.headers)}`}
            label={t('Request headers')}
          />
          <div>
            <JsonView value={request.body} label={t('Request body')} />
            <RedactionHint shown={request.body} />
          </div>
        </Stack>
      ) : error && toProblem(error).status === 409 ? (
        <Text c="dimmed">{t("The webhook was deleted or this event's payload has expired.")}</Text>
      ) : (
        <QueryPlaceholder query={query} heights={[200]} />
      )}
    </Panel>
  );
}
