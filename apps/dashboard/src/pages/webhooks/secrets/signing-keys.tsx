import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { Time } from '../../../components/time.js';
import type { components } from '../../../generated/api.js';
import { EndSigningKey } from './end-signing-key.js';
import classes from './signing-secrets.module.css';

type SigningKey = components['schemas']['SigningKey'];

interface SigningKeysProps {
  webhookId: string;
  canChange: boolean;
}

/** The valid Ed25519 keys of a webhook, with the public keys that receivers verify with. */
export default function SigningKeys({ webhookId: id, canChange }: SigningKeysProps) {
  const queryClient = useQueryClient();
  const keys = api.useQuery('get', '/v1/webhooks/{id}/signing-keys', { params: { path: { id } } });
  const create = api.useMutation('post', '/v1/webhooks/{id}/signing-keys', {
    meta: { failureShown: true, success: 'Ed25519 key created' },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['get', '/v1/webhooks/{id}/signing-keys'] }),
  });
  const items = keys.data?.data ?? [];
  const error = keys.error ?? create.error;
  return (
    <Panel
      title="Ed25519 keys"
      description="Optional. Receivers verify with the public key, so they need no secret."
      actions={
        canChange && (
          <Button
            variant="default"
            size="xs"
            loading={create.isPending}
            onClick={() => create.mutate({ params: { path: { id } } })}
          >
            {items.length === 0 ? 'Create key' : 'Rotate key'}
          </Button>
        )
      }
    >
      {error && <ProblemAlert error={error} onRetry={keys.refetch} retrying={keys.isFetching} />}
      {items.length > 0 && (
        <Stack>
          <Stack component="ul" gap="sm" className={classes.list} aria-label="Ed25519 keys">
            {items.map((key) => (
              <Group component="li" key={key.id} justify="space-between">
                <Description signingKey={key} />
                {canChange && <EndSigningKey webhookId={id} keyId={key.id} />}
              </Group>
            ))}
          </Stack>
          <Code block>{snippetFor(items)}</Code>
        </Stack>
      )}
    </Panel>
  );
}

function Description({ signingKey: { publicKey, createdAt, endsAt } }: { signingKey: SigningKey }) {
  return (
    <div>
      <Mono copy="public key">{publicKey}</Mono>
      <Text size="sm" c="dimmed">
        Created <Time at={createdAt} /> ·{' '}
        {endsAt === null ? (
          'current'
        ) : (
          <>
            ends <Time at={endsAt} />
          </>
        )}
      </Text>
    </div>
  );
}

const snippetFor = (keys: readonly SigningKey[]): string => `import { verify } from '@posthorn/sdk/webhooks';

const event = verify(body, headers, ${JSON.stringify(keys.map(({ publicKey }) => publicKey))});`;
