import { isJsonObject } from '@posthorn/contract';
import { type FailureView, serializeFailure } from './failure.js';

/** Serializes the data of an event. That of operational events names URLs and hosts of webhooks, which not every caller sees. */
export function serializeEventData(
  { type, data }: { type: string; data: Record<string, unknown> },
  view: FailureView,
): Record<string, unknown> {
  if (view.seesDetails || !type.startsWith('posthorn.')) return data;
  const { url: _hidden, lastError, ...visible } = data;
  return { ...visible, ...(isFailure(lastError) && { lastError: serializeFailure(lastError, view) }) };
}

function isFailure(value: unknown): value is { code: string; message: string } {
  return isJsonObject(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string';
}
