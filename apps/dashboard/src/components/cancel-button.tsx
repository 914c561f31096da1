import { Button, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ConfirmModal, type MutationState } from './confirm-modal.js';

interface CancelButtonProps {
  label: string;
  size?: ButtonProps['size'];
  title: string;
  confirmLabel: string;
  /** The consequences. */
  children: ReactNode;
  onConfirm: () => void;
  /** The mutation that `onConfirm` starts. */
  mutation: MutationState & { isSuccess: boolean };
}

/** Cancels something that is running, after a confirmation. */
export function CancelButton(props: CancelButtonProps) {
  const { label, size, title, confirmLabel, children, onConfirm, mutation } = props;
  const [isOpened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" {...(size !== undefined && { size })} onClick={open}>
        {label}
      </Button>
      <ConfirmModal
        opened={isOpened && !mutation.isSuccess}
        onClose={close}
        title={title}
        confirmLabel={confirmLabel}
        onConfirm={onConfirm}
        mutation={mutation}
      >
        {children}
      </ConfirmModal>
    </>
  );
}
