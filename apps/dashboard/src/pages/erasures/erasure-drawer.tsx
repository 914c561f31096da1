import { Drawer, Stack } from '@mantine/core';
import { api } from '../../api/api.js';
import { useSeesAllTenants } from '../../api/session.js';
import { DetailList } from '../../components/detail-list.js';
import { formatCount } from '../../components/format-number.js';
import { JsonView } from '../../components/json-view.js';
import { Mono } from '../../components/mono.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { t } from '../../i18n/t.js';
import { countTexts, type Erasure, PROGRESS_INTERVAL_MS, subjectText } from './erasure.js';
import { ErasureProgress, ErasureStatus } from './erasure-status.js';

interface ErasureDrawerProps {
  id: string | undefined;
  opened: boolean;
  onClose: () => void;
}

/** Shows the progress of an erasure, what it has removed, and its receipt. */
export default function ErasureDrawer({ id, opened, onClose }: ErasureDrawerProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="lg"
      title={t('Erasure')}
      closeButtonProps={{ 'aria-label': t('Close') }}
      // A <header> would count as a second banner landmark.
      attributes={{ header: { role: 'none' } }}
    >
      {id !== undefined && <Loaded id={id} />}
    </Drawer>
  );
}

function Loaded({ id }: { id: string }) {
  const query = api.useQuery(
    'get',
    '/v1/erasures/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (state.data?.status === 'running' ? PROGRESS_INTERVAL_MS : false) },
  );
  return query.data ? <Details erasure={query.data} /> : <QueryPlaceholder query={query} heights={[320]} />;
}

function Details({ erasure }: { erasure: Erasure }) {
  const { id, tenantId, eventId, status, coversUntil, createdAt, finishedAt, startedByName, error, receipt } =
    erasure;
  const seesAllTenants = useSeesAllTenants();
  const counts = countTexts(erasure);
  return (
    <Stack gap="lg">
      <DetailList
        details={{
          [t('ID')]: <Mono copy={t('erasure ID')}>{id}</Mono>,
          [t('Subject')]:
            eventId === null ? (
              subjectText(erasure)
            ) : (
              <TextLink to="/events/$eventId" params={{ eventId }}>
                {subjectText(erasure)}
              </TextLink>
            ),
          [t('Tenant')]: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
          [t('Status')]: (
            <div role="status">
              <ErasureStatus status={status} />
              <ErasureProgress erasure={erasure} />
            </div>
          ),
          [t('Error')]: error ?? undefined,
          [t('Covers')]: (
            <>
              {t('Accepted until')} <Time at={coversUntil} />
            </>
          ),
          [t('Started by')]: startedByName ?? undefined,
          [t('Started')]: <Time at={createdAt} />,
          [t('Finished')]: finishedAt === null ? undefined : <Time at={finishedAt} />,
          ...Object.fromEntries(counts.map(({ label, count }) => [label, formatCount(count)])),
        }}
      />
      {receipt !== null && (
        <div>
          <p>
            {t(
              'Store the receipt outside of the database, to repeat the erasure after the restore of a backup.',
            )}
          </p>
          <JsonView value={receipt} label={t('Receipt')} maxHeight={120} />
        </div>
      )}
    </Stack>
  );
}
