import { Button, Group, Input, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import type { Webhook } from '../../../api/types.js';
import { Mono } from '../../../components/mono.js';
import { AUTH_LABELS } from '../auth-labels.js';
import { TestAuthentication } from './test-authentication.js';
import type { WebhookForm } from './use-webhook-form.js';
import { type AuthValues, NO_AUTH } from './webhook-form-values.js';
import { t } from '../../../i18n/t.js';

interface AuthInputProps {
  form: WebhookForm;
  /** Null for a new webhook. */
  webhook: Webhook | null;
}

const TYPES = ['none', 'basic', 'apiKey', 'oauth2'] as const;

/** The authentication at the receiver. A webhook does not contain its secret, so the user can only replace all of it. */
export function AuthInput({ form, webhook }: AuthInputProps) {
  const { auth } = form.values;
  const current = webhook?.auth ?? null;
  return (
    <Input.Wrapper
      label={t('Authentication')}
      description={t('How requests authenticate themselves at the receiver. Secrets are stored encrypted.')}
      error={form.errors['auth']}
      labelElement="div"
    >
      {auth === null && webhook && current ? (
        <CurrentAuth form={form} webhookId={webhook.id} current={current} />
      ) : (
        <Stack gap="xs" mt={6}>
          <Select
            aria-label={t('Type of authentication')}
            data={TYPES.map((type) => ({
              value: type,
              label: type === 'none' ? t('None') : AUTH_LABELS[type],
            }))}
            value={auth?.type ?? 'none'}
            allowDeselect={false}
            onChange={(type) =>
              form.setFieldValue('auth', {
                ...(auth ?? NO_AUTH),
                type: TYPES.find((each) => each === type) ?? 'none',
              })
            }
          />
          {auth !== null && <Fields form={form} type={auth.type} />}
          {current !== null && (
            <Button
              variant="subtle"
              size="xs"
              color="gray"
              style={{ alignSelf: 'flex-start' }}
              onClick={() => form.setFieldValue('auth', null)}
            >
              {t('Keep current authentication')}
            </Button>
          )}
        </Stack>
      )}
    </Input.Wrapper>
  );
}

interface CurrentAuthProps {
  form: WebhookForm;
  webhookId: string;
  current: NonNullable<Webhook['auth']>;
}

function CurrentAuth({ form, webhookId, current }: CurrentAuthProps) {
  const { type } = current;
  return (
    <Group gap="sm" mt={6}>
      <Text size="sm">{AUTH_LABELS[type]}</Text>
      <Mono>{publicPart(current)}</Mono>
      <Button
        variant="default"
        size="xs"
        onClick={() => form.setFieldValue('auth', { ...NO_AUTH, ...valuesOf(current) })}
      >
        {t('Replace authentication')}
      </Button>
      {type === 'oauth2' && <TestAuthentication webhookId={webhookId} />}
    </Group>
  );
}

function publicPart(auth: NonNullable<Webhook['auth']>): string {
  switch (auth.type) {
    case 'basic':
      return auth.username;
    case 'apiKey':
      return auth.header;
    case 'oauth2':
      return auth.clientId;
  }
}

/** Returns what the form shows of the current authentication when it is replaced. */
function valuesOf(auth: NonNullable<Webhook['auth']>): Partial<AuthValues> {
  if (auth.type !== 'oauth2') return auth;
  return { ...auth, scopes: auth.scopes.join(' '), audience: auth.audience ?? '' };
}

function Fields({ form, type }: { form: WebhookForm; type: AuthValues['type'] }) {
  const text = (name: keyof AuthValues) => ({
    spellCheck: false,
    autoCapitalize: 'off',
    autoComplete: 'off',
    ...form.getInputProps(`auth.${name}`),
  });
  const secret = (name: keyof AuthValues) => ({ ...text(name), autoComplete: 'new-password' });
  switch (type) {
    case 'none':
      return null;
    case 'basic':
      return (
        <Group grow align="flex-start">
          <TextInput label={t('User name')} {...text('username')} />
          <PasswordInput label={t('Password')} {...secret('password')} />
        </Group>
      );
    case 'apiKey':
      return (
        <Group grow align="flex-start">
          <TextInput label={t('Header')} placeholder="x-api-key" {...text('header')} />
          <PasswordInput label={t('Key')} {...secret('value')} />
        </Group>
      );
    case 'oauth2':
      return (
        <>
          <TextInput label={t('Token URL')} type="url" {...text('tokenUrl')} />
          <Group grow align="flex-start">
            <TextInput label={t('Client ID')} {...text('clientId')} />
            <PasswordInput label={t('Client secret')} {...secret('clientSecret')} />
          </Group>
          <Group grow align="flex-start">
            <TextInput label={t('Scopes')} description={t('Separated by spaces.')} {...text('scopes')} />
            <TextInput label={t('Audience')} description={t('Empty for none.')} {...text('audience')} />
          </Group>
          <Select
            label={t('How the client authenticates')}
            data={['client_secret_basic', 'client_secret_post']}
            allowDeselect={false}
            {...form.getInputProps('auth.clientAuthentication')}
          />
        </>
      );
  }
}
