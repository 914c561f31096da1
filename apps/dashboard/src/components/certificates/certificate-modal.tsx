import { Modal } from '@mantine/core';
import { useForm } from '@mantine/form';
import { t } from '../../i18n/t.js';
import { ModalForm } from '../modal-form.js';
import type { CertificateCall, NewCertificate } from './certificate-calls.js';
import { PemInput } from './pem-input.js';

interface CertificateModalProps {
  call: CertificateCall<NewCertificate>;
  opened: boolean;
  onClose: () => void;
}

const FIELDS = ['certificate', 'privateKey'];

/** Sets a client certificate. Its private key is written only. */
export default function CertificateModal({ call, opened, onClose }: CertificateModalProps) {
  const { mutation, run } = call;
  const form = useForm({
    initialValues: { certificate: '', privateKey: '' },
    validate: {
      certificate: (certificate) => (certificate.trim() === '' ? t('Enter a certificate.') : null),
    },
  });
  function close() {
    form.reset();
    mutation.reset();
    onClose();
  }
  return (
    <Modal opened={opened} onClose={close} title={t('Set certificate')} closeOnClickOutside={false}>
      <ModalForm
        form={form}
        fields={FIELDS}
        mutation={mutation}
        submitLabel={t('Set certificate')}
        onCancel={close}
        onSubmit={form.onSubmit(({ certificate, privateKey }) =>
          run({ certificate, ...(privateKey.trim() !== '' && { privateKey }) }, { onSuccess: close }),
        )}
      >
        <PemInput
          label={t('Certificate (PEM)')}
          description={t('Followed by its intermediate certificates.')}
          required
          onRead={(text) => form.setFieldValue('certificate', text)}
          {...form.getInputProps('certificate')}
        />
        <PemInput
          label={t('Private key (PEM)')}
          description={t(
            'Without a passphrase. It is stored encrypted and never shown. Leave it empty for a certificate that was issued for a signing request.',
          )}
          onRead={(text) => form.setFieldValue('privateKey', text)}
          {...form.getInputProps('privateKey')}
        />
      </ModalForm>
    </Modal>
  );
}
