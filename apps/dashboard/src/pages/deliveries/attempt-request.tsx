import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { api } from '../../api/api.js';
import type { Attempt } from '../../api/types.js';
import { headerLines } from '../../components/header-lines.js';
import { JsonView } from '../../components/json-view.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { t } from '../../i18n/t.js';

/** Shows the headers of an attempt's request on demand. They are recomputed; the body is the same for all attempts. */
export function AttemptRequest({ attempt: { deliveryId: id, number } }: { attempt: Attempt }) {
  const [isShown, { toggle }] = useDisclosure();
  const { data, error, refetch, isFetching } = api.useQuery(
    'get',
    '/v1/deliveries/{id}/request',
    { params: { path: { id }, query: { attempt: number } } },
    { enabled: isShown },
  );
  return (
    <>
      <div>
        <Button
          variant="default"
          size="compact-xs"
          aria-expanded={isShown}
          onClick={toggle}
          loading={isFetching}
        >
          {isShown ? t('Hide request') : t('Show request')}
        </Button>
      </div>
      {isShown && error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      {isShown && data && (
        <JsonView
          value={`${data.method} ${data.url}\n${headerLines(data.headers)}`}
          label={t('Request headers of attempt {{number}}', { number })}
          maxHeight={160}
        />
      )}
    </>
  );
}
