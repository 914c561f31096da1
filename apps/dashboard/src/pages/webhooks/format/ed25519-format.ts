import type { components } from '../../../generated/api.js';
import { readJsonObject, writeJson } from '../../event-types/json-field.js';

type DeliveryFormat = components['schemas']['DeliveryFormat'];

const ED25519_SIGNATURE = { profile: 'standard-webhooks', algorithm: 'ed25519' } as const;

/** Returns whether a format has only Ed25519 signatures, so that its webhook needs no signing secret. */
export function hasOnlyEd25519({ signatures = [] }: DeliveryFormat): boolean {
  return signatures.length > 0 && signatures.every((signature) => algorithmOf(signature) === 'ed25519');
}

function algorithmOf(signature: components['schemas']['SignatureFormat']): string | undefined {
  if (typeof signature === 'string') return undefined;
  return 'custom' in signature ? signature.custom.algorithm : signature.algorithm;
}

/** As `hasOnlyEd25519`, of a format as JSON. */
export function isEd25519Json(json: string): boolean {
  // The API checks its parts.
  const format: DeliveryFormat = readJsonObject(json) ?? {};
  return Array.isArray(format.signatures) && hasOnlyEd25519(format);
}

/** Replaces the signatures of a format as JSON by an Ed25519 signature, or by the default. */
export function withEd25519(json: string, isEd25519: boolean): string {
  const { signatures: _, ...rest } = readJsonObject(json) ?? {};
  if (isEd25519) return writeJson({ ...rest, signatures: [ED25519_SIGNATURE] });
  return Object.keys(rest).length === 0 ? '' : writeJson(rest);
}
