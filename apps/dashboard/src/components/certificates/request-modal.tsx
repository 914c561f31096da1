import { Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { t } from '../../i18n/t.js';
import { CopyButton } from '../copy-button.js';
import { ModalForm } from '../modal-form.js';
import type { CertificateCalls, CertificateSubject } from './certificate-calls.js';

interface RequestModalProps {
  call: CertificateCalls['request'];
  opened: boolean;
  onClose: () => void;
}

const FIELDS = ['commonName', 'organization'];
const MAX_LENGTH = 64;

/** Creates a certificate signing request and shows it. */
export default function RequestModal({ call, opened, onClose }: RequestModalProps) {
  const { mutation, run, created } = call;
  const form = useForm({ initialValues: { commonName: '', organization: '' } });
  function close() {
    mutation.reset();
    onClose();
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t('Certificate signing request')}
      size="lg"
      closeOnClickOutside={false}
    >
      {created === undefined ? (
        <ModalForm
          form={form}
          fields={FIELDS}
          mutation={mutation}
          submitLabel={t('Create signing request')}
          onCancel={close}
          onSubmit={form.onSubmit((values) => run(subjectOf(values), { onSuccess: () => {} }))}
        >
          <Text size="sm">
            {t(
              'Creates a key pair. The private key is stored encrypted and never shown. An earlier signing request can no longer be used.',
            )}
          </Text>
          <TextInput
            label={t('Common name (CN)')}
            description={t('Optional. Default: the ID.')}
            maxLength={MAX_LENGTH}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps('commonName')}
          />
          <TextInput
            label={t('Organization (O)')}
            description={t('Optional.')}
            maxLength={MAX_LENGTH}
            autoComplete="off"
            {...form.getInputProps('organization')}
          />
        </ModalForm>
      ) : (
        <Stack>
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm">
              {t('Let your authority sign it, then set the certificate without a private key.')}
            </Text>
            <CopyButton value={created} what={t('signing request')} />
          </Group>
          <Code block>{created}</Code>
        </Stack>
      )}
    </Modal>
  );
}

const subjectOf = ({ commonName, organization }: Required<CertificateSubject>): CertificateSubject => ({
  ...(commonName.trim() !== '' && { commonName: commonName.trim() }),
  ...(organization.trim() !== '' && { organization: organization.trim() }),
});
