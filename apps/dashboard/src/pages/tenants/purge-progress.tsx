import { Progress, Text } from '@mantine/core';
import { api } from '../../api/api.js';
import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import { phaseText, PROGRESS_INTERVAL_MS } from '../erasures/erasure.js';

/** A page of erasures that ends with the erasure of the tenant. */
const LIMIT = 10;

/** How far the purge of a deleted tenant is. */
export default function PurgeProgress({ tenantId }: { tenantId: string }) {
  const { data } = api.useQuery(
    'get',
    '/v1/erasures',
    { params: { query: { tenantId, limit: LIMIT } } },
    { refetchInterval: PROGRESS_INTERVAL_MS },
  );
  const purge = data?.data.find(({ kind }) => kind === 'tenant');
  if (!purge) return <Text size="sm">The purge has not started yet.</Text>;
  const { id, status, phase, done, total } = purge;
  const step = phase === null ? status : phaseText(phase);
  return (
    <div role="status">
      <Progress value={total === 0 ? 0 : (done / total) * 100} aria-label="Purge" my={6} />
      <Text size="sm">
        {step} · {formatCount(done)} of {formatCount(total)} events deleted ·{' '}
        <TextLink to="/erasures" search={{ erasure: id }} inherit>
          Details
        </TextLink>
      </Text>
    </div>
  );
}
