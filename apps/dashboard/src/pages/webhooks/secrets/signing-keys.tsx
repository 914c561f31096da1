import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { api } from '../../../api/api.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { Time } from '../../../components/time.js';
import type { components } from '../../../generated/api.js';
import { EndSigningKey } from './end-signing-key.js';
import classes from './signing-secrets.module.css';
import { t, tNode } from '../../../i18n/t.js';

type SigningKey = components['schemas']['SigningKey'];

interface SigningKeysProps {
  webhookId: string;
  canChange: boolean;
}

/** The valid Ed25519 keys of a webhook, with the public keys that receivers verify with. */
export default function SigningKeys({ webhookId: id, canChange }: SigningKeysProps) {
  const keys = api.useQuery('get', '/v1/webhooks/{id}/signing-keys', { params: { path: { id } } });
  const create = api.useMutation('post', '/v1/webhooks/{id}/signing-keys', {
    meta: {
      failureShown: true,
      success: t('Ed25519 key created'),
      invalidates: ['/v1/webhooks/{id}/signing-keys'],
    },
  });
  const items = keys.data?.data ?? [];
  const error = keys.error ?? create.error;
  return (
    <Panel
      title={t('Ed25519 keys')}
      description={t('Optional. Receivers verify with the public key, so they need no secret.')}
      actions={
        canChange && (
          <Button
            variant="default"
            size="xs"
            loading={create.isPending}
            onClick={() => create.mutate({ params: { path: { id } } })}
          >
            {items.length === 0 ? t('Create key') : t('Rotate key')}
          </Button>
        )
      }
    >
      {error && <ProblemAlert error={error} onRetry={keys.refetch} retrying={keys.isFetching} />}
      {items.length > 0 && (
        <Stack>
          <Stack component="ul" gap="sm" className={classes.list} aria-label={t('Ed25519 keys')}>
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
      <Mono copy={t('public key')}>{publicKey}</Mono>
      <Text size="sm" c="dimmed">
        {tNode('Created {{time}}', { time: <Time at={createdAt} /> })} ·{' '}
        {endsAt === null ? t('current') : tNode('ends {{time}}', { time: <Time at={endsAt} /> })}
      </Text>
    </div>
  );
}

/** Returns code for Node that verifies a request with the newest key. */
function snippetFor([newest]: readonly SigningKey[]): string {
  const base64url = newest?.publicKey
    .slice('whpk_'.length)
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace('=', '');
  return `import { createPublicKey, verify } from 'node:crypto';

const jwk = { kty: 'OKP', crv: 'Ed25519', x: '${base64url}' };
const key = createPublicKey({ key: jwk, format: 'jwk' });
const content = \`\${headers['webhook-id']}.\${headers['webhook-timestamp']}.\${body}\`;
const isValid = headers['webhook-signature'].split(' ').some(
  (signature) =>
    signature.startsWith('v1a,') &&
    verify(null, Buffer.from(content), key, Buffer.from(signature.slice(4), 'base64')),
);`;
}
