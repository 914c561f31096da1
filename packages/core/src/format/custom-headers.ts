import type { DeliveryFormat, SignatureFormat } from './delivery-format.js';
import { formatHeaderNames } from './format-problems.js';

/** Returns whether the headers of a signature are those that its vendor documents. */
export const hasOwnHeaderNames = (signature: SignatureFormat): boolean =>
  typeof signature === 'string' || (!('custom' in signature) && signature.headerPrefix === undefined);

/**
 * Returns the names, in lower case, of the headers whose names or values the author of a format chooses: the headers of `headers`, of custom
 * signatures and of profiles with another prefix. They follow the rule of custom headers.
 */
export function customHeaderNames({ headers, signatures = [] }: DeliveryFormat): string[] {
  return formatHeaderNames({
    headers,
    signatures: signatures.filter((signature) => !hasOwnHeaderNames(signature)),
  });
}
