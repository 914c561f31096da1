import { createHmac } from 'node:crypto';
import { signEd25519 } from '../security/ed25519.js';
import { decodedKey, type SigningKeys } from '../security/signing.js';
import type { SignatureScheme } from './signature-schemes.js';
import { parseTextTemplate, renderText, type TextTemplate } from './text-template.js';

/** Returns the value of a placeholder other than `{signature}`. */
export type FactReader = (name: string) => string;

/** Returns the value of the signature header; null if the webhook has no key for it. */
export type Signer = (facts: FactReader, keys: SigningKeys) => string | null;

const HASHES = { 'hmac-sha1': 'sha1', 'hmac-sha256': 'sha256', 'hmac-sha512': 'sha512' } as const;

export function signerOf(scheme: SignatureScheme): Signer {
  const content = parseTextTemplate(scheme.content);
  const value = parseTextTemplate(scheme.value);
  const ed25519Value = scheme.ed25519Value === undefined ? null : parseTextTemplate(scheme.ed25519Value);
  const { separator } = scheme;

  return (facts, keys) => {
    const signed = renderText(content, facts);
    const own = signaturesOf(scheme, keys, signed);
    const shown = separator === undefined ? own.slice(0, 1) : own;
    const values = shown.length === 0 ? [] : [withSignature(value, shown.join(separator), facts)];
    if (ed25519Value !== null) {
      const others = ed25519Signatures(scheme, keys, signed);
      values.push(...others.map((signature) => withSignature(ed25519Value, signature, facts)));
    }
    return values.length === 0 ? null : values.join(' ');
  };
}

const withSignature = (value: TextTemplate, signature: string, facts: FactReader): string =>
  renderText(value, (name) => (name === 'signature' ? signature : facts(name)));

function signaturesOf(scheme: SignatureScheme, keys: SigningKeys, content: string): string[] {
  const { algorithm, encoding, key } = scheme;
  if (algorithm === 'ed25519') return ed25519Signatures(scheme, keys, content);
  return keys.secrets.map((secret) =>
    createHmac(HASHES[algorithm], key === 'decoded' ? decodedKey(secret) : secret.text)
      .update(content)
      .digest(encoding),
  );
}

const ed25519Signatures = (
  { encoding }: SignatureScheme,
  { privateKeys }: SigningKeys,
  content: string,
): string[] => privateKeys.map((privateKey) => signEd25519(privateKey, content).toString(encoding));
