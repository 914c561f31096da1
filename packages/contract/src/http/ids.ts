import { decodeId, encodeId, ID_PREFIXES, type IdKind } from '@posthorn/core';
import { z } from 'zod';

const EXAMPLE_UUID = '01970000-0000-7000-8000-000000000001';

/** An id in a response, such as `wh_…`. */
export const apiId = (kind: IdKind) =>
  z.string().meta({
    pattern: `^${ID_PREFIXES[kind]}_[0-7][0-9a-hjkmnp-tv-z]{25}$`,
    example: encodeId(kind, EXAMPLE_UUID),
  });

/** An id in a request. Parsed to its UUID. */
export const idOf = (kind: IdKind) =>
  apiId(kind).transform((id, context) => {
    const uuid = decodeId(kind, id);
    if (uuid !== null) return uuid;
    context.addIssue({ code: 'custom', message: `must be an id of the form ${ID_PREFIXES[kind]}_…` });
    return z.NEVER;
  });

/** The parameters of a path such as `/v1/webhooks/:id`. */
export const idParams = (kind: IdKind) => z.strictObject({ id: idOf(kind) });
