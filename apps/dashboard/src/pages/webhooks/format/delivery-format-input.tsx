import { lazy, Suspense, type ReactNode } from 'react';

const Fields = lazy(() => import('./delivery-format-fields.js'));

export interface DeliveryFormatInputProps {
  /** The format as JSON. Empty for the default. */
  value: string;
  onChange: (value: string) => void;
  error?: ReactNode;
  /** What an empty value means. */
  description: string;
}

/** Is rarely used, so it is not part of the first load. */
export function DeliveryFormatInput(props: DeliveryFormatInputProps) {
  return (
    <Suspense fallback={null}>
      <Fields {...props} />
    </Suspense>
  );
}
