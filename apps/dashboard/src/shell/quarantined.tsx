import { Alert, Code } from '@mantine/core';
import { OctagonAlert } from 'lucide-react';
import { api } from '../api/api.js';
import { BAD_ALERT } from '../components/alert-colors.js';

const REFRESH_MS = 15_000;

/** Says that the database is quarantined, and what to do, for operators. Nothing while it is not. */
export default function Quarantined() {
  const { data } = api.useQuery('get', '/v1/quarantine', {}, { refetchInterval: REFRESH_MS });
  if (data?.status !== 'quarantined') return null;
  return (
    <Alert
      classNames={BAD_ALERT}
      title="The database was restored, and nothing that is stored is sent or shown"
      icon={<OctagonAlert size={18} aria-hidden />}
      role="status"
      mb="md"
    >
      Erased data may be back. Repeat the erasures with <Code>posthorn erasures replay receipts.txt</Code>, or
      run <Code>posthorn quarantine release</Code> if nothing was erased.
      {data.runningErasures > 0 && ` Erasures that are running: ${data.runningErasures}.`}
    </Alert>
  );
}
