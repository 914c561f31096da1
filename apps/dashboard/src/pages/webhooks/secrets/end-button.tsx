import { Button, Text } from '@mantine/core';
import type { useDisclosure } from '@mantine/hooks';
import { ConfirmModal, type MutationState } from '../../../components/confirm-modal.js';
import { t } from '../../../i18n/t.js';

interface EndButtonProps {
  disclosure: ReturnType<typeof useDisclosure>;
  /** The call that ends the secret. */
  end: MutationState;
  onConfirm: () => void;
  title: string;
  confirmLabel: string;
  explanation: string;
}

/** A button that ends a secret or key of a webhook, after a confirmation. */
export function EndButton({ disclosure, end, explanation, ...modal }: EndButtonProps) {
  const [isOpened, { open, close }] = disclosure;
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={open}>
        {t('End')}
      </Button>
      <ConfirmModal opened={isOpened} onClose={close} danger mutation={end} {...modal}>
        <Text>{explanation}</Text>
      </ConfirmModal>
    </>
  );
}
