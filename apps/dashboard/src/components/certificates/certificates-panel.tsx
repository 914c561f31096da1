import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { TriangleAlert } from 'lucide-react';
import type { components } from '../../generated/api.js';
import { t, tNode } from '../../i18n/t.js';
import { useNow } from '../../search/use-now.js';
import { Badge } from '../badge.js';
import { ConfirmButton } from '../confirm-button.js';
import { Panel } from '../panel.js';
import { Time } from '../time.js';
import { lazyDialog } from '../lazy-dialog.js';
import type { CertificateCalls, Certificates } from './certificate-calls.js';

const AuthoritiesModal = lazyDialog(() => import('./authorities-modal.js'));
const CertificateModal = lazyDialog(() => import('./certificate-modal.js'));
const RequestModal = lazyDialog(() => import('./request-modal.js'));

type Certificate = components['schemas']['Certificate'];

/** As in the attention list. */
const SOON_MS = 30 * 24 * 60 * 60_000;

interface CertificatesPanelProps {
  certificates: Certificates;
  /** Null for callers that may not change them. */
  calls: CertificateCalls | null;
  /** What applies without certificates. */
  otherwise: string;
}

/** The client certificate and the trusted authorities of a webhook, or of the webhooks of a tenant. */
export function CertificatesPanel({ certificates, calls, otherwise }: CertificatesPanelProps) {
  const { clientCertificate, caCertificates } = certificates;
  return (
    <Panel
      title={t('Certificates')}
      description={t(
        'Optional. For receivers that require a client certificate (mTLS), or that have a certificate of a private authority.',
      )}
    >
      <Stack>
        <Part
          title={t('Client certificate')}
          certificates={clientCertificate ? [clientCertificate] : []}
          otherwise={otherwise}
          actions={calls && <ClientActions calls={calls} isSet={clientCertificate !== null} />}
        />
        <Part
          title={t('Trusted authorities')}
          certificates={caCertificates?.certificates ?? []}
          otherwise={otherwise}
          actions={calls && <AuthorityActions calls={calls} pem={caCertificates?.pem ?? null} />}
        />
      </Stack>
    </Panel>
  );
}

interface PartProps {
  title: string;
  certificates: Certificate[];
  otherwise: string;
  actions: React.ReactNode;
}

function Part({ title, certificates, otherwise, actions }: PartProps) {
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{title}</Text>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {certificates.length === 0 && (
        <Text size="sm" c="dimmed">
          {otherwise}
        </Text>
      )}
      {certificates.map((certificate) => (
        <Description key={certificate.fingerprint256} certificate={certificate} />
      ))}
    </div>
  );
}

function Description({ certificate: { subject, issuer, notAfter } }: { certificate: Certificate }) {
  const leftMs = Date.parse(notAfter) - useNow(60_000);
  const time = <Time at={notAfter} />;
  return (
    <div>
      <Text size="sm">{subject}</Text>
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          {t('Issued by {{issuer}}', { issuer })} ·{' '}
          {leftMs <= 0 ? tNode('expired {{time}}', { time }) : tNode('expires {{time}}', { time })}
        </Text>
        {leftMs <= 0 && <Badge tone="bad" icon={TriangleAlert} label={t('Expired')} />}
        {leftMs > 0 && leftMs <= SOON_MS && (
          <Badge tone="warn" icon={TriangleAlert} label={t('Expires soon')} />
        )}
      </Group>
    </div>
  );
}

function ClientActions({ calls, isSet }: { calls: CertificateCalls; isSet: boolean }) {
  const [isSetting, setting] = useDisclosure();
  const [isRequesting, requesting] = useDisclosure();
  const { change } = calls;
  return (
    <>
      <Button variant="default" size="xs" onClick={requesting.open}>
        {t('Create signing request')}
      </Button>
      <Button variant="default" size="xs" onClick={setting.open}>
        {t('Set certificate')}
      </Button>
      {isSet && (
        <ConfirmButton
          label={t('Remove certificate')}
          button={{ size: 'xs' }}
          danger
          title={t('Remove the client certificate?')}
          confirmLabel={t('Remove certificate')}
          mutation={change.mutation}
          onConfirm={(options) => change.run({ clientCertificate: null }, options)}
        >
          {t('Receivers that require it reject further requests.')}
        </ConfirmButton>
      )}
      <CertificateModal call={calls.put} opened={isSetting} onClose={setting.close} />
      <RequestModal call={calls.request} opened={isRequesting} onClose={requesting.close} />
    </>
  );
}

function AuthorityActions({ calls: { change }, pem }: { calls: CertificateCalls; pem: string | null }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        {t('Set authorities')}
      </Button>
      {pem !== null && (
        <ConfirmButton
          label={t('Remove authorities')}
          button={{ size: 'xs' }}
          danger
          title={t('Remove the trusted authorities?')}
          confirmLabel={t('Remove authorities')}
          mutation={change.mutation}
          onConfirm={(options) => change.run({ caCertificates: null }, options)}
        >
          {t('Receivers with a certificate of these authorities are no longer trusted.')}
        </ConfirmButton>
      )}
      <AuthoritiesModal call={change} pem={pem} opened={opened} onClose={close} />
    </>
  );
}
