import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { openBytes, sealBytes } from '@posthorn/core';
import type { DataKey } from '../encryption/data-keys.js';
import { idOfBytes, ID_BYTES, idToBytes } from '../ids/id-bytes.js';

// A sealed body is stored in place of a deflated one: its length with the first bit set, a format byte, the id of its data key, and what
// `sealBytes` returns.
const FORMAT_OFFSET = 4;
const KEY_ID_OFFSET = FORMAT_OFFSET + 1;
/** PostgreSQL reads the id of the data key, too: `posthorn_lacks_data_key`. */
export const SEALED_HEADER_BYTES = KEY_ID_OFFSET + ID_BYTES;

/** The first bit of the length, which deflated bodies do not have. */
const SEALED = 0x80_00_00_00;

const FORMATS = { text: 1, deflated: 2 } as const;

/** Shorter bodies hardly shrink. */
const MIN_DEFLATED_LENGTH = 256;

/** PostgreSQL cannot compress a sealed body. The fastest level; a small window costs less to set up. */
const DEFLATE = { level: 1 };
const DEFLATE_SMALL = { level: 1, windowBits: 11, memLevel: 4, chunkSize: 1024 };
const SMALL_LENGTH = 2048;

export function sealBody(body: string, { key, eventId }: { key: DataKey; eventId: string }): Buffer {
  const text = Buffer.from(body);
  const deflated = deflateText(text);
  const header = Buffer.allocUnsafe(SEALED_HEADER_BYTES);
  header.writeUInt32BE((text.length | SEALED) >>> 0);
  header.writeUInt8(deflated ? FORMATS.deflated : FORMATS.text, FORMAT_OFFSET);
  idToBytes(key.id).copy(header, KEY_ID_OFFSET);
  const sealed = sealBytes(deflated ?? text, { key: key.key, context: contextOf(eventId, header) });
  return Buffer.concat([header, sealed]);
}

/** Returns whether `deflated_body` is sealed. */
export const isSealedBody = (stored: Uint8Array): boolean => ((stored[0] ?? 0) & 0x80) !== 0;

/** Returns the id of the data key of a sealed body. */
export const keyIdOfBody = (stored: Uint8Array): string =>
  idOfBytes(stored.subarray(KEY_ID_OFFSET, SEALED_HEADER_BYTES));

/** Throws if it is not of this event, or was modified. */
export function openBody(stored: Uint8Array, { key, eventId }: { key: Buffer; eventId: string }): string {
  const header = stored.subarray(0, SEALED_HEADER_BYTES);
  const opened = openBytes(stored.subarray(SEALED_HEADER_BYTES), {
    key,
    context: contextOf(eventId, header),
  });
  return (header[FORMAT_OFFSET] === FORMATS.deflated ? inflateRawSync(opened) : opened).toString();
}

function deflateText(text: Buffer): Buffer | null {
  if (text.length < MIN_DEFLATED_LENGTH) return null;
  const deflated = deflateRawSync(text, text.length > SMALL_LENGTH ? DEFLATE : DEFLATE_SMALL);
  return deflated.length < text.length ? deflated : null;
}

const contextOf = (eventId: string, header: Uint8Array): string =>
  `event:${eventId}:${Buffer.from(header).toString('base64')}`;
