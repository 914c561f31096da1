import type { DataKey } from '../encryption/data-keys.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import { plainText, sealText, textOpener } from '../encryption/sealed-text.js';

/** What a payload shows that was erased. JSON text. */
const ERASED = '{}';

interface StoredRejection {
  id: string;
  payload: string;
}

/** Returns the payload of a rejected event as it is stored. */
export const storedPayload = ({ id, payload }: StoredRejection, key: DataKey | undefined): string =>
  key ? sealText(payload, { key, context: contextOf(id) }) : plainText(payload);

/** Reads the data keys of rejected events, and returns the function that returns the payload of each of them. */
export async function rejectedPayloadOpener(
  payloadKeys: PayloadKeys,
  events: readonly StoredRejection[],
): Promise<(event: StoredRejection) => string> {
  const open = await textOpener(
    payloadKeys,
    events.map(({ payload }) => payload),
  );
  return ({ id, payload }) => open(payload, contextOf(id))?.text ?? ERASED;
}

const contextOf = (id: string): string => `rejected_event:${id}`;
