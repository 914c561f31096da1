import { Modal } from '@mantine/core';
import { useForm } from '@mantine/form';
import { t } from '../../i18n/t.js';
import { ModalForm } from '../modal-form.js';
import type { CertificateCall, CertificatesChange } from './certificate-calls.js';
import { PemInput } from './pem-input.js';

interface AuthoritiesModalProps {
  call: CertificateCall<CertificatesChange>;
  /** The present ones; null for none. */
  pem: string | null;
  opened: boolean;
  onClose: () => void;
}

const FIELDS = ['caCertificates'];

/** Sets the authorities that are trusted in place of the public ones. */
export default function AuthoritiesModal({ call, pem, opened, onClose }: AuthoritiesModalProps) {
  const { mutation, run } = call;
  const form = useForm({
    initialValues: { caCertificates: pem ?? '' },
    validate: { caCertificates: (text) => (text.trim() === '' ? t('Enter a certificate.') : null) },
  });
  function close() {
    mutation.reset();
    onClose();
  }
  return (
    <Modal opened={opened} onClose={close} title={t('Set authorities')} closeOnClickOutside={false}>
      <ModalForm
        form={form}
        fields={FIELDS}
        mutation={mutation}
        submitLabel={t('Set authorities')}
        onCancel={close}
        onSubmit={form.onSubmit((values) => run(values, { onSuccess: close }))}
      >
        <PemInput
          label={t('Certificates of authorities (PEM)')}
          description={t(
            'They replace the public authorities: only receivers with a certificate of one of them are trusted.',
          )}
          required
          onRead={(text) => form.setFieldValue('caCertificates', text)}
          {...form.getInputProps('caCertificates')}
        />
      </ModalForm>
    </Modal>
  );
}
