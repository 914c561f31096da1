import { Checkbox, PasswordInput, Radio, Stack, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ProxyValues } from './proxy-values.js';

/** The values of a form with a proxy. Field names match the API, so that its errors map to fields. */
export interface EgressValues {
  proxy: ProxyValues;
  /** One per line. */
  privateNetworks: string;
}

interface ProxyFieldsProps {
  form: UseFormReturnType<EgressValues>;
  /** What applies without a setting: "The proxy of the installation". */
  inherited: string;
  hasPassword: boolean;
}

export function ProxyFields({ form, inherited, hasPassword }: ProxyFieldsProps) {
  const { mode } = form.values.proxy;
  return (
    <Stack>
      <Radio.Group label="Proxy" {...form.getInputProps('proxy.mode')}>
        <Stack gap="xs" mt="xs">
          <Radio value="inherit" label={inherited} />
          <Radio value="direct" label="No proxy" />
          <Radio value="proxy" label="Another proxy" />
        </Stack>
      </Radio.Group>
      {mode === 'proxy' && (
        <>
          <TextInput
            label="URL of the proxy"
            description="http:// or https:// for CONNECT, socks5:// for SOCKS5"
            placeholder="http://proxy.internal:3128"
            {...form.getInputProps('proxy.url')}
          />
          <TextInput label="User name" autoComplete="off" {...form.getInputProps('proxy.username')} />
          <PasswordInput
            label="Password"
            description={
              hasPassword
                ? 'Leave it empty to keep the current password.'
                : 'Stored encrypted, and never shown again.'
            }
            autoComplete="new-password"
            {...form.getInputProps('proxy.password')}
          />
          <Checkbox
            label="The proxy decides which addresses may be reached"
            description="For proxies such as Smokescreen. It gets host names instead of addresses that Posthorn has checked."
            {...form.getInputProps('proxy.guards', { type: 'checkbox' })}
          />
        </>
      )}
    </Stack>
  );
}
