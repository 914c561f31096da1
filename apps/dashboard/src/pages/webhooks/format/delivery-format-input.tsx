import { lazy, Suspense } from 'react';
import type { DeliveryFormatProps } from './delivery-format-fields.js';

const Fields = lazy(() => import('./delivery-format-fields.js'));

/** Is rarely used, so it is not part of the first load. */
export function DeliveryFormatInput(props: DeliveryFormatProps) {
  return (
    <Suspense fallback={null}>
      <Fields {...props} />
    </Suspense>
  );
}
