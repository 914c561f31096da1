import { isJsonObject } from '@posthorn/contract';
import { type FailureView, serializeFailure } from '../deliveries/failure.js';

/**
 * Returns the data of an event as JSON text: as it was published, except that operational events name URLs and hosts of webhooks,
 * which not every caller sees.
 */
export function visibleDataText(
  { type, dataText }: { type: string; dataText: string },
  view: FailureView,
): string {
  if (view.seesDetails || !type.startsWith('posthorn.')) return dataText;
  const { url: _hidden, lastError, ...visible } = JSON.parse(dataText);
  return JSON.stringify({
    ...visible,
    ...(isFailure(lastError) && { lastError: serializeFailure(lastError, view) }),
  });
}

function isFailure(value: unknown): value is { code: string; message: string } {
  return isJsonObject(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string';
}
