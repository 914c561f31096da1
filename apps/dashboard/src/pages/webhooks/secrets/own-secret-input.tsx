import { lazy, Suspense } from 'react';
import type { components } from '../../../generated/api.js';

const Fields = lazy(() => import('./own-secret-fields.js'));

/** A signing secret that the user brings. Empty for a new one. */
export type OwnSecret = Pick<components['schemas']['RotateSecret'], 'secret' | 'secretEncoding'>;

export interface OwnSecretInputProps {
  value: OwnSecret;
  onChange: (value: OwnSecret) => void;
}

/** Is rarely used, so it is not part of the first load. */
export function OwnSecretInput(props: OwnSecretInputProps) {
  return (
    <Suspense fallback={null}>
      <Fields {...props} />
    </Suspense>
  );
}
