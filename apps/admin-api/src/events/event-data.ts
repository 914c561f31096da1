import { isJsonObject } from '@posthorn/contract';
import { redactData } from '@posthorn/core';
import type { Redactions } from '@posthorn/database/events';
import { type FailureView, serializeFailure } from '../requests/failure.js';

interface DataView extends FailureView {
  /** What is hidden from the caller. */
  redactions: Redactions;
}

/**
 * Returns the data of an event as JSON text: as it was published, except for values that its type redacts, and that operational events
 * name URLs and hosts of webhooks, which not every caller sees.
 */
export function visibleDataText(
  { type, dataText }: { type: string; dataText: string },
  { redactions, ...view }: DataView,
): string {
  const redacted = redactions.get(type);
  if (redacted) return redactData(dataText, redacted);
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
