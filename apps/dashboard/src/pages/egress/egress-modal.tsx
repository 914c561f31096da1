import { Modal, Stack, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/api.js';
import { ModalForm } from '../../components/modal-form.js';
import type { Egress, EgressTarget } from './egress.js';
import { type EgressValues, ProxyFields } from './proxy-fields.js';
import { PROXY_FIELDS, toProxyValues, toRequestedProxy } from './proxy-values.js';

interface EgressModalProps {
  target: EgressTarget;
  egress: Egress;
  onClose: () => void;
}

export default function EgressModal({ target: { kind, id }, egress, onClose }: EgressModalProps) {
  const form = useForm<EgressValues>({
    initialValues: {
      proxy: toProxyValues(egress.proxy),
      privateNetworks: (egress.privateNetworks ?? []).join('\n'),
    },
  });
  const saved = { onSuccess: onClose };
  const putTenant = api.useMutation('put', '/v1/tenants/{id}/egress', {
    meta: { failureShown: true, success: 'Egress changed', invalidates: ['/v1/tenants/{id}/egress'] },
    ...saved,
  });
  const putWebhook = api.useMutation('put', '/v1/webhooks/{id}/egress', {
    meta: { failureShown: true, success: 'Egress changed', invalidates: ['/v1/webhooks/{id}/egress'] },
    ...saved,
  });
  const params = { path: { id } };
  function save({ proxy, privateNetworks }: EgressValues) {
    const requested = toRequestedProxy(proxy);
    if (kind === 'webhook') putWebhook.mutate({ params, body: { proxy: requested } });
    else putTenant.mutate({ params, body: { proxy: requested, privateNetworks: linesOf(privateNetworks) } });
  }
  return (
    <Modal opened onClose={onClose} title="Change egress" closeOnClickOutside={false}>
      <ModalForm
        form={form}
        fields={PROXY_FIELDS}
        onSubmit={form.onSubmit(save)}
        mutation={kind === 'tenant' ? putTenant : putWebhook}
        submitLabel="Save changes"
        onCancel={onClose}
      >
        <Stack>
          <ProxyFields
            form={form}
            inherited={
              kind === 'tenant' ? 'The proxy of the installation, if any' : 'The proxy of the tenant, if any'
            }
            hasPassword={egress.proxy !== null && egress.proxy !== 'direct' && egress.proxy.hasPassword}
          />
          {kind === 'tenant' && (
            <Textarea
              label="Private networks"
              description="CIDRs, one per line, within POSTHORN_OUTBOUND_PRIVATE_NETWORKS. Its webhooks may reach them."
              placeholder="10.20.0.0/16"
              autosize
              minRows={2}
              {...form.getInputProps('privateNetworks')}
            />
          )}
        </Stack>
      </ModalForm>
    </Modal>
  );
}

const linesOf = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
