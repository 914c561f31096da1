import { isDeepStrictEqual } from 'node:util';
import type { ComparisonResponse } from '@posthorn/contract';
import { type ComposedRequest, HIDDEN_CREDENTIALS, inexactNumber, lowerCaseNames } from '@posthorn/core';
import { REDACTED } from '../requests/shown-request.js';

/** Headers of the connection, of a proxy, or of tracing, which no receiver relies on. */
const IGNORED = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'forwarded',
  'host',
  'keep-alive',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'via',
]);

const isCompared = (name: string): boolean => !IGNORED.has(name) && !name.startsWith('x-forwarded-');

/** Characters of a body that are shown before and after the first difference. */
const CONTEXT = 40;

interface RequestsToCompare {
  recorded: ComposedRequest;
  composed: ComposedRequest;
  /** The names of headers whose composed values are not shown, in lower case. */
  hidden: ReadonlySet<string>;
  /** The names of headers with signatures, in lower case. */
  signatures: ReadonlySet<string>;
  /** The names of headers with credentials, in lower case: they are neither compared nor shown. */
  credentials: ReadonlySet<string>;
}

/** Returns how a recorded request differs from a composed one. */
export function requestDifferences({
  recorded,
  composed,
  hidden,
  signatures,
  credentials,
}: RequestsToCompare): Pick<ComparisonResponse, 'equal' | 'equalAsJson' | 'body' | 'headers'> {
  const body = compareBodies(recorded.body, composed.body);
  const shown = (headers: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(lowerCaseNames(headers)).map(([name, value]) => [
        name,
        credentials.has(name) ? HIDDEN_CREDENTIALS : value,
      ]),
    );
  const [theirs, ours] = [shown(recorded.headers), shown(composed.headers)];
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].filter(isCompared).toSorted();
  const headers = names
    .filter((name) => theirs[name] !== ours[name])
    .map((name) => ({
      name,
      recorded: theirs[name] ?? null,
      composed: hidden.has(name) && name in ours ? REDACTED : (ours[name] ?? null),
      signatures: signatures.has(name) ? compareSignatures(theirs[name], ours[name]) : null,
    }));
  const hasEqualHeaders = headers.length === 0;
  return {
    equal: body === null && hasEqualHeaders,
    equalAsJson: (body === null || body.equalAsJson) && hasEqualHeaders,
    body,
    headers,
  };
}

/** The shortest signature, an HMAC-SHA1 in base64, has 27 characters and one `=`. */
const SIGNATURE = /[\w+/-]{27,}={0,2}/g;

const signaturesIn = (header = ''): Set<string> => new Set(header.match(SIGNATURE));

/** Counts the signatures of a header, and those that both have, which says without a secret why the header differs. */
function compareSignatures(recorded: string | undefined, composed: string | undefined) {
  const [theirs, ours] = [signaturesIn(recorded), signaturesIn(composed)];
  const equal = [...theirs].filter((signature) => ours.has(signature)).length;
  return { recorded: theirs.size, composed: ours.size, equal };
}

function compareBodies(recorded: string, composed: string): ComparisonResponse['body'] {
  if (recorded === composed) return null;
  let offset = 0;
  while (recorded[offset] === composed[offset]) offset += 1;
  const around = (text: string) => text.slice(Math.max(offset - CONTEXT, 0), offset + CONTEXT);
  return {
    offset,
    recorded: around(recorded),
    composed: around(composed),
    equalAsJson: areEqualAsJson(recorded, composed),
  };
}

function areEqualAsJson(one: string, other: string): boolean {
  // Different numbers could be read as the same double.
  if (inexactNumber(one) !== undefined || inexactNumber(other) !== undefined) return false;
  try {
    return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
  } catch {
    // Not JSON, or nested too deeply.
    return false;
  }
}
