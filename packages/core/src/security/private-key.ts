import { createPrivateKey, type KeyObject } from 'node:crypto';

/** Longest text of a private key in PEM. An RSA key of 8192 bits has 6.5 KB. */
export const MAX_PEM_KEY_LENGTH = 16_384;

const BEGIN = /-----BEGIN (RSA |EC |)PRIVATE KEY-----/;
const HYPHENS = '-----';

const FORMATS = { '': 'pkcs8', 'RSA ': 'pkcs1', 'EC ': 'sec1' } as const;

/** The encoded object identifiers of RSA, elliptic curves and Ed25519 (RFC 8017, 5915 and 8410), in hex. */
const ALGORITHMS = new Set(['2a864886f70d010101', '2a8648ce3d0201', '2b6570']);

/**
 * Returns the private key of a PEM, null if there is none, or `unsupported`. Keys of other algorithms are not parsed: OpenSSL calculates the
 * public key of a DSA key, which takes hours for a long one.
 */
export function readPrivateKey(text: string): KeyObject | 'unsupported' | null {
  if (text.length > MAX_PEM_KEY_LENGTH) return null;
  const begin = BEGIN.exec(text);
  const label = begin?.[1];
  if (!begin || !isLabel(label)) return null;
  const [base64 = '', end] = text.slice(begin.index + begin[0].length).split(HYPHENS, 2);
  if (end?.startsWith('END ') !== true) return null;
  const type = FORMATS[label];
  const key = Buffer.from(base64, 'base64');
  if (type === 'pkcs8' && !ALGORITHMS.has(algorithmOf(key))) return 'unsupported';
  try {
    return createPrivateKey({ key, format: 'der', type });
  } catch {
    return null;
  }
}

const isLabel = (label: string | undefined): label is keyof typeof FORMATS =>
  label !== undefined && label in FORMATS;

/** Length of a version: the tag of an integer, its length, and one byte. */
const VERSION_BYTES = 3;

/** Returns the algorithm of a key in PKCS#8 (RFC 5958): a sequence of the version and a sequence that begins with the identifier. */
function algorithmOf(der: Buffer): string {
  const version = contentStart(der, 0);
  // A longer one could contain what looks like another identifier.
  if (der[version + 1] !== 1) return '';
  const algorithm = contentStart(der, version + VERSION_BYTES);
  const start = contentStart(der, algorithm);
  return der.subarray(start, start + (der[algorithm + 1] ?? 0)).toString('hex');
}

/** Returns where the content of the element at `offset` begins: after its tag and length, which is one byte or is preceded by its size. */
function contentStart(der: Buffer, offset: number): number {
  const length = der[offset + 1] ?? 0;
  return offset + 2 + (length < 0x80 ? 0 : length - 0x80);
}
