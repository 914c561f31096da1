import {
  BODY_FORMATS,
  CONTENT_PLACEHOLDERS,
  type DeliveryFormat,
  FIXED_HEADER_PLACEHOLDERS,
  formatHeaderNames,
  formatProblems,
  metadataPrefixes,
  SIGNATURE_ALGORITHMS,
  SIGNATURE_ENCODINGS,
  SIGNATURE_PROFILES,
  TIMESTAMP_FORMATS,
  VALUE_PLACEHOLDERS,
} from '@posthorn/core';
import { z } from 'zod';
import { issueMessage, rule } from '../values/rule.js';
import { text } from '../values/text.js';
import {
  canPrefixReserved,
  FORMAT_HEADER_NAME,
  formatHeaderProblem,
  headerRecord,
  MAX_HEADER_VALUE_LENGTH,
} from './webhook-headers.js';

/** Longest template of a body, in characters and in bytes. */
const MAX_TEMPLATE_LENGTH = 16_384;
const MAX_FIXED_HEADERS = 16;
const MAX_SIGNATURES = 8;

const placeholders = (names: readonly string[]) => names.map((name) => `\`{${name}}\``).join(', ');

const alternatives = (names: readonly string[], ...objects: string[]) =>
  rule('one_of', { choices: [...names, ...objects].join(', ') });

const template = text(MAX_TEMPLATE_LENGTH)
  .min(1)
  .refine(
    (value) => Buffer.byteLength(value) <= MAX_TEMPLATE_LENGTH,
    rule('too_many_bytes', { max: MAX_TEMPLATE_LENGTH }),
  )
  .meta({
    description:
      'JSON with placeholders: `{id}`, `{type}`, `{timestamp}`, `{tenantId}`, `{data}`, and `{data./order/id}` for a part of the data, ' +
      'by JSON Pointer. Outside of strings a placeholder is replaced by the JSON value, or by null if there is none; inside of a ' +
      'string by its text.',
    example: '{"event": {type}, "order": {data./order}, "text": "Order {data./order/id} was paid"}',
  });

const body = z
  .union(
    [
      z.enum(BODY_FORMATS).meta({ id: 'BuiltInBody' }),
      z.strictObject({ template }).meta({ id: 'BodyTemplate' }),
    ],
    { error: alternatives(BODY_FORMATS, '{"template": "…"}') },
  )
  .meta({
    description:
      'The body: `envelope`, the standard format; `data`, the data as it was published, byte for byte; `cloudevents`, CloudEvents 1.0 ' +
      'in structured mode; `cloudevents-binary`, the data as the body and the attributes in headers; `form`, the members of the data as ' +
      'parameters of an HTML form (`application/x-www-form-urlencoded`); `slack`, ' +
      '`teams` and `discord`, a readable message for incoming webhooks of these products; or a template. Default: `envelope`.',
  });

const headerName = z
  .string()
  .regex(FORMAT_HEADER_NAME, rule('not_header_name'))
  .superRefine((name, context) => {
    const problem = formatHeaderProblem(name);
    if (problem !== null) context.addIssue(issueMessage(problem));
  });

const headerPrefix = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][0-9A-Za-z-]*$/, rule('not_header_prefix'));

const named = (what: string) =>
  headerName.nullish().meta({ description: `The name of a header with ${what}. Default: none.` });

const timestampFormat = z.enum(TIMESTAMP_FORMATS).meta({
  id: 'TimestampFormat',
  description: 'The time of the attempt: in seconds since 1970, in milliseconds since 1970, or as RFC 3339.',
});

const headers = z
  .strictObject({
    id: named('the id of the event'),
    timestamp: named('the time of the attempt'),
    timestampFormat: timestampFormat
      .optional()
      .meta({ description: 'The time in that header, and `{timestamp}` in fixed headers. Default: `unix`.' }),
    type: named('the type of the event'),
    fixed: headerRecord({ max: MAX_FIXED_HEADERS, problemOf: formatHeaderProblem })
      .optional()
      .meta({
        description:
          `Further headers, with the placeholders ${placeholders(FIXED_HEADER_PLACEHOLDERS)}. One without a value is left out. They are ` +
          'not encrypted: headers with credentials belong in `headers` of the webhook.',
        example: { 'x-api-version': '2026-01', 'x-event-key': '{idempotencyKey}' },
      }),
    metadataPrefix: headerPrefix.optional().meta({
      description:
        'The beginning of the names of headers with the metadata of the event, one for each. Default: no such headers. The profile ' +
        '`outpost` has them with `x-outpost-`.',
      example: 'x-acme-',
    }),
  })
  .meta({ id: 'FormatHeaders', description: 'Headers in addition to those of the signatures.' });

const printable = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[!-~](?:[ -~]*[!-~])?$/, rule('not_trimmed'));

const profile = z.enum(SIGNATURE_PROFILES).meta({ id: 'SignatureProfile' });

const custom = z
  .strictObject({
    algorithm: z.enum(SIGNATURE_ALGORITHMS).meta({ id: 'SignatureAlgorithm' }),
    encoding: z.enum(SIGNATURE_ENCODINGS).meta({ id: 'SignatureEncoding' }),
    content: text(256)
      .min(1)
      .meta({
        description:
          `The signed content, with the placeholders ${placeholders(CONTENT_PLACEHOLDERS)}. One of \`{body}\` and \`{formParameters}\` is ` +
          'required. `{formParameters}`, for the body `form`: its parameters, sorted by name, name and value without separators.',
        example: '{timestamp}.{body}',
      }),
    header: headerName.meta({ description: 'The name of the header.', example: 'x-signature' }),
    value: printable(256).meta({
      description: `The value of the header, with the placeholders ${placeholders(VALUE_PLACEHOLDERS)}. \`{signature}\` is required.`,
      example: 't={timestamp},v1={signature}',
    }),
    timestampFormat: timestampFormat
      .optional()
      .meta({ description: '`{timestamp}` in the content and the value. Default: `unix`.' }),
    separator: z
      .string()
      .max(32)
      .regex(/^[ -~]*$/, rule('not_printable'))
      .optional()
      .meta({
        description:
          'The text between the signatures while several secrets are valid. Default: only the newest secret signs.',
        example: ',v1=',
      }),
    key: z.enum(['text', 'decoded']).meta({ id: 'SignatureKey' }).optional().meta({
      description:
        'The key of an HMAC: the bytes of the text of the secret, or those that a secret in base64 represents. Default: `text`.',
    }),
  })
  .meta({ id: 'CustomSignature' });

const signature = z
  .union(
    [
      profile,
      z
        .strictObject({
          profile,
          headerPrefix: headerPrefix.optional().meta({
            description: 'Replaces the prefix of the header names, such as `webhook-`.',
            example: 'x-acme-',
          }),
          algorithm: z
            .literal('ed25519')
            .optional()
            .meta({
              description:
                'Signs only with the Ed25519 keys of the webhook. For `standard-webhooks` and `svix`, which otherwise sign with its ' +
                'secrets and its Ed25519 keys.',
            }),
        })
        .meta({ id: 'ProfileSignature' }),
      z.strictObject({ custom }).meta({ id: 'DescribedSignature' }),
    ],
    { error: alternatives(SIGNATURE_PROFILES, '{"profile": "…"}', '{"custom": {…}}') },
  )
  .meta({ id: 'SignatureFormat' });

export const deliveryFormat = z
  .strictObject({
    body: body.optional(),
    source: printable(MAX_HEADER_VALUE_LENGTH)
      .optional()
      .meta({ description: 'The `source` of CloudEvents. Default: `/tenants/` and the id of the tenant.' }),
    headers: headers.optional(),
    signatures: z.array(signature).min(1).max(MAX_SIGNATURES).optional().meta({
      description: 'The signatures, each with its own headers. Default: `standard-webhooks`.',
    }),
  })
  .superRefine((format: DeliveryFormat, context) => {
    // A format with a part that is too long is not parsed.
    if (context.issues.length > 0) return;
    for (const { path, ...problem } of formatProblems(format))
      context.addIssue({ code: 'custom', path: pathOf(path), message: issueMessage(problem) });
    for (const name of formatHeaderNames({ signatures: format.signatures })) {
      if (formatHeaderProblem(name) === null) continue;
      const message = rule('reserved_signature_header', { name });
      context.addIssue({ code: 'custom', path: ['signatures'], message });
    }
    for (const prefix of metadataPrefixes(format)) {
      if (!canPrefixReserved(prefix)) continue;
      const isNamed = prefix === format.headers?.metadataPrefix?.toLowerCase();
      const path = isNamed ? ['headers', 'metadataPrefix'] : ['signatures'];
      context.addIssue({ code: 'custom', path, message: rule('reserved_header_prefix') });
    }
  })
  .meta({
    id: 'DeliveryFormat',
    description:
      'How requests look: their body, headers and signatures. Absent parts are those of the standard format. To the request that ' +
      'validates a URL, a format only adds signatures of profiles; its headers, custom signatures and prefixes only if `headersApproved` ' +
      'is true, or if it is the format of the tenant.',
    example: { body: 'data', headers: { type: 'x-event-type' }, signatures: ['stripe'] },
  });

export type DeliveryFormatInput = z.input<typeof deliveryFormat>;

/** Returns the steps of a path such as `signatures[0].custom.value`. */
const pathOf = (path: string): (string | number)[] =>
  Array.from(path.matchAll(/[^.[\]]+/g), ([step]) => (/^\d+$/.test(step) ? Number(step) : step));
