import { generateKeyPairSync } from 'node:crypto';
import { element, HOSTILE_KEYS, KEY_AT_INFINITY, pem, RSA_KEY } from '@posthorn/testkit/hostile-keys';

const LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'] as const;

const curves = ['P-256', 'P-384', 'P-521', 'secp256k1'].map(
  (namedCurve) => generateKeyPairSync('ec', { namedCurve }).privateKey,
);
const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey;
const others = [
  generateKeyPairSync('ed25519').privateKey,
  generateKeyPairSync('x25519').privateKey,
  generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey,
];

const ORIGINALS: readonly Buffer[] = [
  ...[RSA_KEY, ...curves, explicit, ...others].map((key) => key.export({ format: 'der', type: 'pkcs8' })),
  RSA_KEY.export({ format: 'der', type: 'pkcs1' }),
  ...curves.map((key) => key.export({ format: 'der', type: 'sec1' })),
  ...[...Object.values(HOSTILE_KEYS), KEY_AT_INFINITY].map((text) =>
    Buffer.from(text.split('-----')[2] ?? '', 'base64'),
  ),
];

type Random = (below: number) => number;

/** Returns the same numbers for the same seed (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Returns keys in PEM of which each differs in one to three elements or bytes from a key. */
export function mutatedKeys(count: number): string[] {
  const random = randomOf(process.env['FUZZ_RUNS'] ? Date.now() : 1);
  return Array.from({ length: count }, () => {
    let der = pick(ORIGINALS, random);
    for (let times = 1 + random(3); times > 0; times -= 1) der = mutated(der, random);
    return pem(der, pick(LABELS, random));
  });
}

const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)] as T;

const isConstructed = (tag: number): boolean => (tag & 0x20) !== 0;
const OCTET_STRING = 0x04;

/** Changes an element at any depth. The lengths around it stay right. */
function mutated(der: Buffer, random: Random): Buffer {
  const elements = elementsOf(der);
  if (!elements || random(20) === 0) return withOtherByte(der, random);
  const index = random(elements.length);
  return Buffer.concat(elements.flatMap((each, at) => (at === index ? changed(each, random) : [each.whole])));
}

interface Element {
  tag: number;
  content: Buffer;
  whole: Buffer;
}

function changed({ tag, content, whole }: Element, random: Random): Buffer[] {
  const hasElements = isConstructed(tag) || (tag === OCTET_STRING && elementsOf(content) !== null);
  if (hasElements && random(8) > 0) return [element(tag, mutated(content, random))];
  switch (random(7)) {
    case 0:
      return [];
    case 1:
      return [whole, whole];
    case 2:
      return [element(random(256), content)];
    case 3:
      return [element(tag, Buffer.alloc(random(3000), random(256)))];
    case 4:
      return [element(tag, content, Buffer.alloc(1 + random(4)))];
    case 5:
      return [element(tag, content.subarray(0, random(content.length + 1)))];
    default:
      return [element(tag, withOtherByte(content, random))];
  }
}

function withOtherByte(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[random(copy.length)] = random(256);
  return copy;
}

/** Returns the elements that bytes consist of, null if they consist of none. */
function elementsOf(bytes: Buffer): Element[] | null {
  const elements: Element[] = [];
  for (let start = 0; start < bytes.length;) {
    const [tag = 0, first = 0, second = 0, third = 0] = bytes.subarray(start, start + 4);
    const [head, length] = lengthOf({ first, second, third });
    const end = start + head + length;
    if (end > bytes.length) return null;
    elements.push({ tag, content: bytes.subarray(start + head, end), whole: bytes.subarray(start, end) });
    start = end;
  }
  return elements.length === 0 ? null : elements;
}

/** Returns the bytes of tag and length, and those of the content. */
function lengthOf({ first, second, third }: Record<'first' | 'second' | 'third', number>): [number, number] {
  if (first < 0x80) return [2, first];
  return first === 0x81 ? [3, second] : [4, second * 256 + third];
}
