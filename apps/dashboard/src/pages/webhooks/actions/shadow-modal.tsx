import { Alert, List, Stack, Text } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { api, client } from '../../../api/api.js';
import { WARN_ALERT } from '../../../components/alert-colors.js';
import { ActionModal } from '../../../components/action.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import type { components } from '../../../generated/api.js';
import { useWebhookChanged } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';

/** Makes a webhook a shadow, or ends that. Only for operators. */
export function ShadowModal({ webhook: { id, tenantId, shadow }, opened, ...modal }: WebhookDialogProps) {
  const changed = useWebhookChanged();
  const refused = api.useQuery(
    'get',
    '/v1/tenants/{id}/refused-imports',
    { params: { path: { id: tenantId } } },
    { enabled: opened && shadow === true },
  );
  return (
    <ActionModal
      {...modal}
      // Not before it is known what the import has refused.
      opened={opened && !refused.isLoading}
      title={shadow ? 'Disable shadow mode?' : 'Enable shadow mode?'}
      text={
        shadow ? (
          <Stack>
            <Text>Events published from now on are sent. Earlier events are not.</Text>
            {refused.error && <ProblemAlert error={refused.error} />}
            <RefusedImports refused={refused.data?.data ?? []} />
          </Stack>
        ) : (
          'Deliveries are recorded, but not sent. Pending deliveries are dropped. Use it while another system still sends these events.'
        )
      }
      label={shadow ? 'Disable shadow mode' : 'Enable shadow mode'}
      run={() => client.PATCH('/v1/webhooks/{id}', { params: { path: { id } }, body: { shadow: !shadow } })}
      done={shadow ? 'Shadow mode disabled' : 'Shadow mode enabled'}
      onDone={changed}
    />
  );
}

/** Lists the webhooks of the tenant that get nothing when the other system stops. */
function RefusedImports({ refused }: { refused: components['schemas']['RefusedImport'][] }) {
  if (refused.length === 0) return null;
  return (
    <Alert
      classNames={WARN_ALERT}
      icon={<TriangleAlert size={18} aria-hidden />}
      title={`The import has refused ${refused.length} of the tenant’s webhooks`}
    >
      <Stack gap="xs">
        <Text>They get nothing when the other system stops sending.</Text>
        <List size="sm">
          {refused.map(({ source, externalId, url, reason }) => (
            <List.Item key={`${source} ${externalId}`}>
              {url}: {reason}
            </List.Item>
          ))}
        </List>
      </Stack>
    </Alert>
  );
}
