import { createHash, randomFillSync } from 'node:crypto';
import { TypeID } from 'typeid-js';
import { UUID, V7Generator } from 'uuidv7';

/** The TypeID prefix of each resource in the API. Internally, ids are plain UUIDv7 strings. */
export const ID_PREFIXES = {
  webhook: 'wh',
  event: 'evt',
  delivery: 'dlv',
  attempt: 'att',
  apiKey: 'key',
  person: 'per',
  tenant: 'ten',
  rejectedEvent: 'rej',
  replay: 'rpl',
  recovery: 'rcv',
  auditEntry: 'aud',
  signingSecret: 'sec',
  signingKey: 'sgk',
  erasure: 'ers',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** The tenant used when a request names none. */
export const DEFAULT_TENANT_ID = '00000000-0000-7000-8000-000000000000';

/**
 * The built-in tenant of the operator's own webhooks: the system scope. They receive the operational events of all tenants. It has
 * no keys, portal links or published events, and no list of tenants has it.
 */
export const SYSTEM_TENANT_ID = '00000000-0000-7000-8000-000000000001';

/** Random numbers, requested from the system in large portions: a request costs more than an id. */
const random = {
  numbers: new Uint32Array(1024),
  used: Infinity,
  nextUint32(): number {
    if (this.used >= this.numbers.length) {
      randomFillSync(this.numbers);
      this.used = 0;
    }
    const next = this.numbers[this.used] ?? 0;
    this.used += 1;
    return next;
  },
};

const generator = new V7Generator(random);

/** Returns a new UUIDv7, greater than the previous one of this process. */
export const newId = (): string => generator.generate().toString();

/** Returns the API id of a UUID, such as `evt_01m87v…`. */
export function encodeId(kind: IdKind, uuid: string): string {
  return TypeID.fromUUID(ID_PREFIXES[kind], uuid).toString();
}

/** Returns the UUID of an API id, or null if `id` is not a valid id of this kind. */
export function decodeId(kind: IdKind, id: string): string | null {
  const prefix = ID_PREFIXES[kind];
  if (!id.startsWith(`${prefix}_`)) return null;
  try {
    // Not `toUUID`, which throws for versions that RFC 9562 does not define.
    return UUID.ofInner(TypeID.fromString(id, prefix).toUUIDBytes()).toString();
  } catch {
    return null;
  }
}

/** Returns the creation time of a UUIDv7, in milliseconds since 1970. */
export function idTimeMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/**
 * Returns a UUIDv7 derived from `seed` and `timeMs`. Equal inputs give equal ids, so a pushed job that is read twice
 * creates one event.
 */
export function derivedId(seed: string, timeMs: number): string {
  const hash = createHash('sha256').update(seed).digest();
  const randA = hash.readUInt16BE(0) & 0xfff;
  const randBHigh = hash.readUInt32BE(2) & 0x3fffffff;
  return UUID.fromFieldsV7(timeMs, randA, randBHigh, hash.readUInt32BE(6)).toString();
}
