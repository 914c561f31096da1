import { Button, type ButtonProps } from '@mantine/core';
import { LifeBuoy } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useCan } from '../../api/session.js';
import type { RecoveryScope } from './recovery.js';
import { t } from '../../i18n/t.js';

// Loaded on demand.
const RecoverModal = lazy(() => import('./recover-modal.js'));

interface RecoverButtonProps extends ButtonProps {
  scope: RecoveryScope;
  /** `Recover this webhook` */
  title: string;
  /** The start of the outage; null if it is not known. */
  since: string | null;
}

/** Opens the dialog to send everything again that did not succeed. Hidden from users who cannot. */
export function RecoverButton({ scope, title, since, ...props }: RecoverButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const canRecover = useCan('deliveries:write');
  if (!canRecover) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<LifeBuoy size={16} aria-hidden />}
        onClick={() => setIsOpen(true)}
        aria-label={title}
        {...props}
      >
        {t('Recover')}
      </Button>
      <Suspense>
        {isOpen && (
          <RecoverModal scope={scope} title={title} since={since} onClose={() => setIsOpen(false)} />
        )}
      </Suspense>
    </>
  );
}
