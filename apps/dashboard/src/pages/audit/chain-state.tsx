import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { components } from '../../generated/api.js';
import { client } from '../../api/api.js';
import { Time } from '../../components/time.js';

type Verification = components['schemas']['AuditVerification'];

/** The whole chain is checked again after this time at the earliest, in milliseconds. */
const STALE_MS = 5 * 60_000;

/** Shows until when the chain of the audit log is verified, or where it breaks. */
export function ChainState() {
  const { data, isError } = useQuery({ queryKey: ['audit-chain'], queryFn: verify, staleTime: STALE_MS });
  if (isError) return null;
  if (!data) return <Text size="sm">Verifying the audit log…</Text>;
  const { firstBreak: found, firstLate, verified } = data;
  if (found !== null)
    return (
      <Text size="sm" c="red" role="alert">
        Entry {found.number} {found.reason === 'missing' ? 'is missing' : 'was changed'}. The audit log is
        verified up to the entry before it.
      </Text>
    );
  if (firstLate !== null)
    return (
      <Text size="sm" c="red" role="alert">
        Entry {firstLate.number} is dated long before entries that were added before it: it was inserted in
        the database, or a clock was wrong.
      </Text>
    );
  if (verified.createdAt === null) return <Text size="sm">The audit log has no verified entries yet.</Text>;
  return (
    <Text size="sm">
      Verified until <Time at={verified.createdAt} />, entry {verified.number}
    </Text>
  );
}

/** Checks the chain from its first entry. Returns the last part, or the one with the break, with the first late entry of all. */
async function verify({ signal }: { signal: AbortSignal }): Promise<Verification> {
  let firstLate: Verification['firstLate'] = null;
  for (let after = '0'; ;) {
    const { data } = await client.GET('/v1/audit-entries/verification', {
      params: { query: { after } },
      signal,
    });
    if (!data) throw new Error('No response');
    firstLate ??= data.firstLate;
    if (data.firstBreak !== null || data.verified.number >= data.last.number) return { ...data, firstLate };
    after = String(data.verified.number);
  }
}
