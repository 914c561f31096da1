import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { api } from '../../../api/api.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { Time } from '../../../components/time.js';
import { lazyDialog } from '../../../components/lazy-dialog.js';
import type { Webhook } from '../../../api/types.js';
import type { components } from '../../../generated/api.js';
import { EndSecret } from './end-secret.js';
import classes from './signing-secrets.module.css';
import { t, tNode } from '../../../i18n/t.js';

const RotateSecretModal = lazyDialog(() => import('../actions/rotate-secret-modal.js'));

type SigningSecret = components['schemas']['SigningSecret'];

interface SigningSecretsProps {
  webhook: Webhook;
  canChange: boolean;
}

/** The valid signing secrets of a webhook, without their values, and their rotation. */
export function SigningSecrets({ webhook, canChange }: SigningSecretsProps) {
  const { id } = webhook;
  const [isRotating, { open, close }] = useDisclosure();
  const secrets = api.useQuery('get', '/v1/webhooks/{id}/secrets', { params: { path: { id } } });
  const items = secrets.data?.data ?? [];
  return (
    <Panel
      title={t('Signing secrets')}
      description={t(
        'Each request is signed with all of them. A value is shown only once, when it is created.',
      )}
      actions={
        canChange && (
          <Button variant="default" size="xs" onClick={open}>
            {t('Rotate signing secret')}
          </Button>
        )
      }
    >
      {secrets.error && (
        <ProblemAlert error={secrets.error} onRetry={secrets.refetch} retrying={secrets.isFetching} />
      )}
      <Stack component="ul" gap="sm" className={classes.list} aria-label={t('Signing secrets')}>
        {items.map((secret) => (
          <Group component="li" key={secret.id} justify="space-between">
            <Description secret={secret} />
            {canChange && items.length > 1 && <EndSecret webhookId={id} secretId={secret.id} />}
          </Group>
        ))}
      </Stack>
      <RotateSecretModal webhook={webhook} opened={isRotating} onClose={close} />
    </Panel>
  );
}

function Description({ secret: { id, createdAt, endsAt } }: { secret: SigningSecret }) {
  return (
    <div>
      <Mono>{id}</Mono>
      <Text size="sm" c="dimmed">
        {tNode('Created {{time}}', { time: <Time at={createdAt} /> })} ·{' '}
        {endsAt === null ? t('current') : tNode('ends {{time}}', { time: <Time at={endsAt} /> })}
      </Text>
    </div>
  );
}
