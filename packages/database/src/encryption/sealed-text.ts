import { openBytes, sealBytes } from '@posthorn/core';
import { ID_BYTES, idOfBytes, idToBytes } from '../ids/id-bytes.js';
import type { DataKey } from './data-keys.js';
import type { PayloadKeys } from './payload-keys.js';

/** A text that begins with it is sealed: the id of its data key and what `sealBytes` returns follow in base64. */
const MARK = '\u0001';

/** Returns a text as it is stored if it is not sealed. A second mark comes before a mark at its start. */
export const plainText = (text: string): string => (text.startsWith(MARK) ? MARK + text : text);

/** @param context what the text belongs to, as in `attempt:ID` */
export function sealText(text: string, { key, context }: { key: DataKey; context: string }): string {
  const sealed = sealBytes(Buffer.from(text), { key: key.key, context });
  return MARK + Buffer.concat([idToBytes(key.id), sealed]).toString('base64');
}

/** Returns the text, and whether it was sealed. Null if it was sealed with a data key that no longer exists. */
type OpenText = (stored: string, context: string) => { text: string; isSealed: boolean } | null;

/** Reads the data keys of texts, and returns the function that opens each of them. Reads nothing if none is sealed. */
export async function textOpener(
  payloadKeys: PayloadKeys,
  texts: readonly (string | null)[],
): Promise<OpenText> {
  const sealed = texts.filter((text): text is string => text !== null && isSealed(text));
  const keys = await payloadKeys.withIds(sealed.map((text) => keyIdOf(bytesOf(text))));
  return (stored, context) => {
    if (!isSealed(stored))
      return { text: stored.startsWith(MARK) ? stored.slice(1) : stored, isSealed: false };
    const bytes = bytesOf(stored);
    const key = keys.get(keyIdOf(bytes));
    if (key instanceof Error) throw key;
    if (!key) return null;
    return { text: openBytes(bytes.subarray(ID_BYTES), { key, context }).toString(), isSealed: true };
  };
}

const isSealed = (stored: string): boolean => stored.startsWith(MARK) && !stored.startsWith(MARK + MARK);

const bytesOf = (stored: string): Buffer => Buffer.from(stored.slice(1), 'base64');

const keyIdOf = (bytes: Buffer): string => idOfBytes(bytes.subarray(0, ID_BYTES));
