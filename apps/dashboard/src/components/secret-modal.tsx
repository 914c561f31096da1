import { Button, Modal, Stack, Text } from '@mantine/core';
import { CopyButton as Copy, Paper } from '@mantine/core';
import { Check, Copy as CopyIcon } from 'lucide-react';
import classes from './mono.module.css';

interface SecretModalProps {
  /** Null: there is none to show. */
  secret: string | null;
  /** What it is: "Signing secret". */
  title: string;
  /** What it is for. */
  children: string;
  onClose: () => void;
}

/** Shows a secret, this once. It closes by its button alone, and not by a slip. */
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
        <Text>{children} It is shown this once: keep it now.</Text>
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
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </Copy>
        <Button variant="default" onClick={onClose}>
          I have kept it
        </Button>
      </Stack>
    </Modal>
  );
}
