import { Button, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ConfirmModal, type ConfirmModalProps } from './confirm-modal.js';

interface ConfirmButtonProps extends Omit<ConfirmModalProps, 'opened' | 'onClose'> {
  label: string;
  button?: ButtonProps;
}

/** A button whose action starts after a confirmation. */
export function ConfirmButton({ label, button, ...modal }: ConfirmButtonProps) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" {...button} onClick={open}>
        {label}
      </Button>
      <ConfirmModal {...modal} opened={opened} onClose={close} />
    </>
  );
}
