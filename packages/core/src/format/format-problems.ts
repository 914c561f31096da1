import type { FieldError } from '../errors.js';
import { parseBodyTemplate } from './body-template.js';
import type { CustomSignature, DeliveryFormat, SignatureFormat } from './delivery-format.js';
import { knowsEd25519, schemeOf } from './signature-schemes.js';
import { parseTextTemplate } from './text-template.js';

/** Maximum number of placeholders in the content or the value of a signature. */
const MAX_SIGNATURE_PLACEHOLDERS = 8;

/** Returns what is wrong with a format whose parts have the right types; an empty list if it can be compiled. */
export function formatProblems(format: DeliveryFormat): FieldError[] {
  return [...bodyProblems(format), ...signatureProblems(format), ...headerProblems(format)];
}

function bodyProblems({ body }: DeliveryFormat): FieldError[] {
  if (typeof body !== 'object') return [];
  const template = parseBodyTemplate(body.template);
  return 'problem' in template ? [problem('body.template', template.problem)] : [];
}

function signatureProblems({ signatures = [] }: DeliveryFormat): FieldError[] {
  return signatures.flatMap((signature, index) => {
    const path = `signatures[${index}]`;
    if (typeof signature === 'string') return [];
    if ('custom' in signature) return customProblems(signature.custom, `${path}.custom`);
    const isUnknown = signature.algorithm !== undefined && !knowsEd25519(signature.profile);
    return isUnknown ? [problem(`${path}.algorithm`, 'is not supported by this profile')] : [];
  });
}

const FACTS = ['id', 'timestamp', 'type'];

function customProblems({ content, value }: CustomSignature, path: string): FieldError[] {
  return [
    ...templateProblems(content, `${path}.content`, { known: [...FACTS, 'body'], required: 'body' }),
    ...templateProblems(value, `${path}.value`, { known: [...FACTS, 'signature'], required: 'signature' }),
  ];
}

/** The required placeholder occurs once: the body and the signatures are long. */
function templateProblems(
  text: string,
  path: string,
  { known, required }: { known: string[]; required: string },
): FieldError[] {
  const { names } = parseTextTemplate(text);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) return [problem(path, `has an unknown placeholder: {${unknown}}`)];
  if (names.filter((name) => name === required).length !== 1)
    return [problem(path, `must have the placeholder {${required}} once`)];
  return names.length > MAX_SIGNATURE_PLACEHOLDERS
    ? [problem(path, `must have at most ${MAX_SIGNATURE_PLACEHOLDERS} placeholders`)]
    : [];
}

const CLOUD_EVENT_HEADERS = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time'];

/** Two parts of a format must not write the same header. */
function headerProblems(format: DeliveryFormat): FieldError[] {
  const seen = new Set(format.body === 'cloudevents-binary' ? CLOUD_EVENT_HEADERS : []);
  return headersByPath(format).flatMap(([path, name]) => {
    const isTaken = seen.has(name);
    seen.add(name);
    return isTaken ? [problem(path, `another part of the format sets the header ${name}`)] : [];
  });
}

/** Returns the names of the headers that a format sets, in lower case, except those of the body. */
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

const problem = (path: string, message: string): FieldError => ({ path, message });
