import { Button, Modal, Stack, Text } from '@mantine/core';
import { CopyButton as Copy, Paper } from '@mantine/core';
import { Check, Copy as CopyIcon } from 'lucide-react';
import classes from './mono.module.css';
import { t } from '../i18n/t.js';

interface SecretModalProps {
  /** Null closes the modal. */
  secret: string | null;
  /** "Signing secret" */
  title: string;
  /** What the secret is for. */
  children: string;
  onClose: () => void;
}

/** Shows a secret once. Only its button closes it, so that it is not dismissed by accident. */
export function SecretModal({ secret, title, children, onClose }: SecretModalProps) {
  return (
    <Modal
      opened={secret !== null}
      onClose={onClose}
      title={title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Text>
          {children} {t("Copy it now: it won't be shown again.")}
        </Text>
        <Paper withBorder p="sm" className={classes.mono}>
          {secret}
        </Paper>
        <Copy value={secret ?? ''}>
          {({ copied, copy }) => (
            <Button
              onClick={copy}
              data-autofocus
              leftSection={copied ? <Check size={16} aria-hidden /> : <CopyIcon size={16} aria-hidden />}
            >
              {copied ? t('Copied') : t('Copy')}
            </Button>
          )}
        </Copy>
        <Button variant="default" onClick={onClose}>
          {t("I've saved it")}
        </Button>
      </Stack>
    </Modal>
  );
}
