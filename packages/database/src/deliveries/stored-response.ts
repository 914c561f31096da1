import type { PayloadKeys } from '../encryption/payload-keys.js';
import { plainText, sealText, textOpener } from '../encryption/sealed-text.js';
import type { AttemptRecord } from './attempt-input.js';

/** What a receiver responded, or why there was no response. */
type AttemptResponse = Pick<AttemptRecord, 'responseBody' | 'responseHeaders' | 'errorMessage'>;

const NOTHING: AttemptResponse = { responseBody: null, responseHeaders: null, errorMessage: null };

/** Returns the response of an attempt as it is stored. Sealed, all of it is in `responseBody`. */
export async function storedResponse(
  { id, tenantId, ...response }: AttemptResponse & { id: string; tenantId: string },
  payloadKeys: PayloadKeys,
): Promise<AttemptResponse> {
  const { responseBody, responseHeaders, errorMessage } = response;
  if (!payloadKeys.encrypts)
    return { ...response, responseBody: responseBody === null ? null : plainText(responseBody) };
  if (responseBody === null && responseHeaders === null && errorMessage === null) return NOTHING;
  const key = (await payloadKeys.forPayloads([tenantId])).get(tenantId);
  // The tenant was purged meanwhile.
  if (!key) return NOTHING;
  const text = JSON.stringify([responseBody, responseHeaders, errorMessage]);
  return { ...NOTHING, responseBody: sealText(text, { key, context: contextOf(id) }) };
}

/** Returns attempts with their responses as they were received. Those whose data key no longer exists have none. */
export async function withResponses<Row extends AttemptResponse & { id: string }>(
  rows: readonly Row[],
  payloadKeys: PayloadKeys,
): Promise<Row[]> {
  const open = await textOpener(
    payloadKeys,
    rows.map(({ responseBody }) => responseBody),
  );
  return rows.map((row) => {
    if (row.responseBody === null) return row;
    const opened = open(row.responseBody, contextOf(row.id));
    if (!opened) return { ...row, ...NOTHING };
    if (!opened.isSealed) return { ...row, responseBody: opened.text };
    const [responseBody, responseHeaders, errorMessage] = JSON.parse(opened.text);
    return { ...row, responseBody, responseHeaders, errorMessage };
  });
}

const contextOf = (attemptId: string): string => `attempt:${attemptId}`;
