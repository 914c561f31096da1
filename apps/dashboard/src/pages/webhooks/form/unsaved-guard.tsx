import { useBlocker } from '@tanstack/react-router';
import { ConfirmModal } from '../../../components/confirm-modal.js';

/** Asks before what was entered is lost by going elsewhere. */
export function UnsavedGuard({ isDirty }: { isDirty: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: isDirty,
    withResolver: true,
  });
  return (
    <ConfirmModal
      opened={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title="Leave without saving?"
      confirmLabel="Leave"
      danger
      onConfirm={() => blocker.proceed?.()}
      pending={false}
      error={null}
    >
      What you entered is lost.
    </ConfirmModal>
  );
}
