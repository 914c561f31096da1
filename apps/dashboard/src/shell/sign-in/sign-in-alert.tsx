import { Alert } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { WARN_ALERT } from '../../components/alert-colors.js';

interface SignInAlertProps {
  title: string;
  /** `alert` is announced at once. */
  role: 'alert' | 'status';
  children: ReactNode;
}

/** Says why a way to sign in did not work, and what to do. */
export function SignInAlert({ title, role, children }: SignInAlertProps) {
  return (
    <Alert classNames={WARN_ALERT} title={title} icon={<TriangleAlert size={18} aria-hidden />} role={role}>
      {children}
    </Alert>
  );
}
