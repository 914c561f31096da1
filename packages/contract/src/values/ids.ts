import { decodeId, encodeId, ID_PREFIXES, type IdKind } from '@posthorn/core';
import { z } from 'zod';
import { rule } from './rule.js';
import { EXTERNAL_REFERENCE, parseExternalReference, unresolved } from './external-id.js';

const EXAMPLE_UUID = '01970000-0000-7000-8000-000000000001';

const patternOf = (kind: IdKind): string => `${ID_PREFIXES[kind]}_[0-7][0-9a-hjkmnp-tv-z]{25}`;

/** An id in a response, such as `wh_…`. */
export const apiId = (kind: IdKind) =>
  z.string().meta({ pattern: `^${patternOf(kind)}$`, example: encodeId(kind, EXAMPLE_UUID) });

/** An id in a response, of one of several kinds. */
export const apiIdOfAny = (first: IdKind, ...others: IdKind[]) =>
  z.string().meta({
    pattern: `^(?:${[first, ...others].map(patternOf).join('|')})$`,
    example: encodeId(first, EXAMPLE_UUID),
  });

/** An id in a request. Parsed to its UUID; the external id of a webhook to an `ExternalReference`. */
export const idOf = (kind: IdKind) =>
  (kind === 'webhook' ? webhookReference : apiId(kind)).transform((text, context) => {
    const uuid = decodeId(kind, text);
    if (uuid !== null) return uuid;
    const reference = kind === 'webhook' ? parseExternalReference(kind, text) : null;
    if (reference !== null) return unresolved(reference);
    const form = `${ID_PREFIXES[kind]}_…${kind === 'webhook' ? ' or ext:…' : ''}`;
    context.addIssue({ code: 'custom', message: rule('not_id', { form }) });
    return z.NEVER;
  });

const webhookReference = z.string().meta({
  pattern: `^(?:${patternOf('webhook')}|${EXTERNAL_REFERENCE})$`,
  description: 'The id of a webhook, or `ext:` and its external id.',
  example: encodeId('webhook', EXAMPLE_UUID),
});

/** The parameters of a path such as `/v1/webhooks/:id`. */
export const idParams = (kind: IdKind) => z.strictObject({ id: idOf(kind) });
