import { errorAt, type FieldError, fieldError } from '../messages/field-error.js';
import { parseBodyTemplate } from './body-template.js';
import type { CustomSignature, DeliveryFormat, SignatureFormat } from './delivery-format.js';
import { CONTENT_PLACEHOLDERS, FIXED_HEADER_PLACEHOLDERS, VALUE_PLACEHOLDERS } from './placeholders.js';
import { knowsEd25519, schemeOf } from './signature-schemes.js';
import { parseTextTemplate } from './text-template.js';
import { unknownPlaceholder } from './unknown-placeholder.js';

/** Maximum number of placeholders in the content or the value of a signature, or the value of a header. */
const MAX_PLACEHOLDERS = 9;

/** Returns what is wrong with a format whose parts have the right types; an empty list if it can be compiled. */
export function formatProblems(format: DeliveryFormat): FieldError[] {
  return [
    ...bodyProblems(format),
    ...signatureProblems(format),
    ...fixedHeaderProblems(format),
    ...headerProblems(format),
  ];
}

function bodyProblems({ body }: DeliveryFormat): FieldError[] {
  if (typeof body !== 'object') return [];
  const template = parseBodyTemplate(body.template);
  return 'problem' in template ? [errorAt('body.template', template.problem)] : [];
}

function signatureProblems(format: DeliveryFormat): FieldError[] {
  const { signatures = [] } = format;
  return signatures.flatMap((signature, index) => {
    const path = `signatures[${index}]`;
    if (typeof signature === 'string') return [];
    if ('custom' in signature) return customProblems(signature.custom, format, `${path}.custom`);
    const isUnknown = signature.algorithm !== undefined && !knowsEd25519(signature.profile);
    return isUnknown ? [fieldError(`${path}.algorithm`, 'unsupported_algorithm')] : [];
  });
}

function customProblems(signature: CustomSignature, format: DeliveryFormat, path: string): FieldError[] {
  const { content, value } = signature;
  const signed = content.includes('{formParameters}') ? 'formParameters' : 'body';
  return [
    ...templateProblems(content, `${path}.content`, { known: CONTENT_PLACEHOLDERS, required: signed }),
    ...templateProblems(value, `${path}.value`, { known: VALUE_PLACEHOLDERS, required: 'signature' }),
    ...formProblems(signature, format, path),
    ...timestampProblems(signature, format, path),
  ];
}

function formProblems({ content }: CustomSignature, { body }: DeliveryFormat, path: string): FieldError[] {
  if (body === 'form' || !content.includes('{formParameters}')) return [];
  return [fieldError(`${path}.content`, 'form_parameters')];
}

/** A receiver that reads the signed time from another header needs it as it is signed. */
function timestampProblems(
  { content, value, timestampFormat = 'unix' }: CustomSignature,
  { headers = {} }: DeliveryFormat,
  path: string,
): FieldError[] {
  const { timestamp, timestampFormat: shown = 'unix', fixed = {} } = headers;
  const isShown = Boolean(timestamp) || Object.values(fixed).some((text) => text.includes('{timestamp}'));
  const isReadThere = content.includes('{timestamp}') && !value.includes('{timestamp}') && isShown;
  if (!isReadThere || shown === timestampFormat) return [];
  return [fieldError(`${path}.timestampFormat`, 'signed_time', { signed: timestampFormat, shown })];
}

function fixedHeaderProblems({ headers = {} }: DeliveryFormat): FieldError[] {
  return Object.entries(headers.fixed ?? {}).flatMap(([name, text]) =>
    placeholderProblems(text, `headers.fixed.${name}`, FIXED_HEADER_PLACEHOLDERS),
  );
}

/** The required placeholder occurs once: the body and the signatures are long. */
function templateProblems(
  text: string,
  path: string,
  { known, required }: { known: readonly string[]; required: string },
): FieldError[] {
  const problems = placeholderProblems(text, path, known);
  if (problems.length > 0) return problems;
  const { names } = parseTextTemplate(text);
  if (names.filter((name) => name === required).length === 1) return [];
  return [fieldError(path, 'missing_placeholder', { placeholder: `{${required}}` })];
}

function placeholderProblems(text: string, path: string, known: readonly string[]): FieldError[] {
  const { names } = parseTextTemplate(text);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) return [errorAt(path, unknownPlaceholder(unknown, known))];
  return names.length > MAX_PLACEHOLDERS
    ? [fieldError(path, 'too_many_placeholders', { max: MAX_PLACEHOLDERS })]
    : [];
}

const CLOUD_EVENT_HEADERS = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time'];

/** Two parts of a format must not write the same header. */
function headerProblems(format: DeliveryFormat): FieldError[] {
  const seen = new Set(format.body === 'cloudevents-binary' ? CLOUD_EVENT_HEADERS : []);
  return headersByPath(format).flatMap(([path, name]) => {
    const isTaken = seen.has(name);
    seen.add(name);
    return isTaken ? [fieldError(path, 'header_conflict', { name })] : [];
  });
}

/** Returns the names of the headers that a format sets, in lower case, except the headers of the body. */
export function formatHeaderNames(format: DeliveryFormat): string[] {
  return headersByPath(format).map(([, name]) => name);
}

function headersByPath({
  headers = {},
  signatures = ['standard-webhooks'],
}: DeliveryFormat): [path: string, name: string][] {
  const named = (['id', 'timestamp', 'type'] as const).flatMap((field) => {
    const name = headers[field];
    return name ? [[`headers.${field}`, name.toLowerCase()] satisfies [string, string]] : [];
  });
  const fixed = Object.keys(headers.fixed ?? {}).map((name): [string, string] => [
    `headers.fixed.${name}`,
    name.toLowerCase(),
  ]);
  return [...signatures.flatMap(signatureHeadersByPath), ...named, ...fixed];
}

function signatureHeadersByPath(signature: SignatureFormat, index: number): [path: string, name: string][] {
  const { header, headers } = schemeOf(signature);
  return [header, ...Object.keys(headers)].map((name) => [`signatures[${index}]`, name]);
}
