import { createHash } from 'node:crypto';
import { TypeID } from 'typeid-js';
import { UUID, uuidv7 } from 'uuidv7';

/** The prefix that each kind of thing carries in the API. Inside Posthorn ids are plain UUIDv7 strings. */
export const ID_PREFIXES = {
  webhook: 'wh',
  event: 'evt',
  delivery: 'dlv',
  attempt: 'att',
  apiKey: 'key',
  tenant: 'ten',
  rejectedEvent: 'rej',
  replay: 'rpl',
  auditEntry: 'aud',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** The tenant that everything belongs to when no tenants are in play. */
export const DEFAULT_TENANT_ID = '00000000-0000-7000-8000-000000000000';

/** A new UUIDv7, increasing within this process. */
export const newId: () => string = uuidv7;

/** `evt_01m87v…` for a UUID. */
export function encodeId(kind: IdKind, uuid: string): string {
  return TypeID.fromUUID(ID_PREFIXES[kind], uuid).toString();
}

/** The UUID behind an API id, or null when it is not an id of that kind. */
export function decodeId(kind: IdKind, id: string): string | null {
  const prefix = ID_PREFIXES[kind];
  if (!id.startsWith(`${prefix}_`)) return null;
  try {
    return TypeID.fromString(id, prefix).toUUID();
  } catch {
    return null;
  }
}

/** Milliseconds since 1970 at which a UUIDv7 was made. */
export function idTimeMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/**
 * The UUIDv7 of something that already has a name and a time elsewhere: the same `seed` and `timeMs` give the same
 * id, so that taking the same pushed job twice makes one event.
 */
export function derivedId(seed: string, timeMs: number): string {
  const hash = createHash('sha256').update(seed).digest();
  const randA = hash.readUInt16BE(0) & 0xfff;
  const randBHigh = hash.readUInt32BE(2) & 0x3fffffff;
  return UUID.fromFieldsV7(timeMs, randA, randBHigh, hash.readUInt32BE(6)).toString();
}
