import { useBlocker } from '@tanstack/react-router';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { t } from '../../../i18n/t.js';

/** Asks for confirmation before the user leaves a form with unsaved changes. */
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
      title={t('Discard unsaved changes?')}
      confirmLabel={t('Discard changes')}
      danger
      onConfirm={() => blocker.proceed?.()}
    >
      {t('Your changes will be lost if you leave this page.')}
    </ConfirmModal>
  );
}
