import { Alert, Button, Skeleton, Text } from '@mantine/core';
import { Mail } from 'lucide-react';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import { DetailList } from '../../components/detail-list.js';
import { formatCount } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { Time } from '../../components/time.js';

/** Whether emails are sent to the operator, and a test. */
export function EmailPanel() {
  const { data, error, refetch, isFetching } = api.useQuery('get', '/v1/notifications');
  const test = api.useMutation('post', '/v1/notifications/test', {
    meta: { success: 'Test email sent' },
  });
  const email = data?.email;
  const isAdmin = useCan('admin');
  const canTest = isAdmin && email?.enabled && email.operatorRecipients.length > 0;
  return (
    <Panel
      title="Email"
      description="To the operator, about the webhooks of all tenants."
      actions={
        canTest && (
          <Button
            variant="default"
            leftSection={<Mail size={16} aria-hidden />}
            loading={test.isPending}
            onClick={() => test.mutate({})}
          >
            Send test email
          </Button>
        )
      }
    >
      {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      {!email && !error && <Skeleton height={22} />}
      {email?.enabled === false && (
        <Text size="sm">
          No emails are sent, and customers are not offered any. Set POSTHORN_SMTP_URL, POSTHORN_SMTP_FROM,
          POSTHORN_PUBLIC_URL, POSTHORN_PAYLOAD_KEY and POSTHORN_OPERATOR_EMAILS.
        </Text>
      )}
      {email?.enabled && (
        <>
          {email.lastError !== null && (
            <Alert color="red" title="The last email was not sent" role="status" mb="sm">
              <Time at={email.lastFailedAt} />: {email.lastError}
            </Alert>
          )}
          <DetailList
            details={{
              Recipients: email.operatorRecipients.join(', ') || 'None. Set POSTHORN_OPERATOR_EMAILS.',
              Sender: email.from,
              'Waiting notices': formatCount(email.waiting),
              'Last sent': email.lastSentAt === null ? 'Never' : <Time at={email.lastSentAt} />,
            }}
          />
        </>
      )}
    </Panel>
  );
}
