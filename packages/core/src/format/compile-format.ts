import type { EventAttributes } from '../event/event-attributes.js';
import type { SigningKeys } from '../security/signing.js';
import { attemptFacts, formatTime } from './attempt-facts.js';
import type { DeliveryFormat, HeaderNames } from './delivery-format.js';
import { type EventFields, eventFieldsOf } from './event-fields.js';
import { bodyFormatter } from './format-body.js';
import { type FactReader, signerOf } from './sign.js';
import { schemesOf } from './signature-schemes.js';
import { parseTextTemplate, renderText, type TextTemplate } from './text-template.js';

/** An event and the attempt to send it. */
interface MessageToFormat {
  /** The body in the standard format. */
  envelope: string;
  /** Null if the event was published without. */
  attributes: EventAttributes | null;
  /** `ten_…` */
  tenantId: string;
  url: string;
  /** The time of the attempt. */
  timestamp: Date;
  keys: SigningKeys;
  /** What signatures are made for, instead of the body: to compare them with those of another system, whose body has other bytes. */
  signedBody?: string | undefined;
}

interface FormattedMessage {
  headers: Record<string, string>;
  /** Headers of the format that custom headers and `headers` replace: the metadata of the event, and the fixed headers. */
  fixedHeaders: Record<string, string>;
  body: string;
}

/** A format that is ready for use. */
export interface CompiledFormat {
  /** Returns the request, or null if its body is too long. */
  format: (message: MessageToFormat) => FormattedMessage | null;
}

/** Compiles a format without problems: see `formatProblems`. */
export function compileFormat(format: DeliveryFormat): CompiledFormat {
  const { body = 'envelope', source, headers = {} } = format;
  const formatBody = bodyFormatter(body, source);
  const schemes = schemesOf(format);
  const signers = schemes.map((scheme) => ({
    timestampFormat: scheme.timestampFormat,
    headers: templatesOf(scheme.headers),
    header: scheme.header,
    sign: signerOf(scheme),
  }));
  const fixed = templatesOf(headers.fixed ?? {});
  const prefixes = metadataPrefixes(format);

  return {
    format({ envelope, tenantId, attributes, signedBody, ...attempt }) {
      const event = eventFieldsOf(envelope, tenantId, attributes);
      const formatted = formatBody(envelope, event);
      if (formatted === null) return null;
      const signed = signedBody ?? formatted.body;
      const factsIn = attemptFacts(event, { ...attempt, isForm: body === 'form', body: signed });
      const result = { ...formatted.headers, ...namedHeaders(headers, event, attempt.timestamp) };
      for (const { timestampFormat, sign, header, headers: others } of signers) {
        const facts = factsIn(timestampFormat);
        for (const [name, value] of others) result[name] = renderText(value, facts);
        const signature = sign(facts, attempt.keys);
        if (signature !== null) result[header] = signature;
      }
      const fixedHeaders = {
        ...metadataHeaders(event, prefixes),
        ...renderedHeaders(fixed, factsIn(headers.timestampFormat)),
      };
      return { headers: result, fixedHeaders, body: formatted.body };
    },
  };
}

/** Returns headers with names in lower case, so that two of the same name replace each other. */
export function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Returns the beginnings of the names of headers with metadata, in lower case. */
export function metadataPrefixes(format: DeliveryFormat): string[] {
  const prefixes = [
    format.headers?.metadataPrefix,
    ...schemesOf(format).map(({ metadataPrefix }) => metadataPrefix),
  ];
  return prefixes.filter((prefix) => prefix !== undefined).map((prefix) => prefix.toLowerCase());
}

type NamedTemplate = readonly [name: string, value: TextTemplate];

const templatesOf = (headers: Readonly<Record<string, string>>): NamedTemplate[] =>
  Object.entries(lowerCaseNames(headers)).map(([name, value]) => [name, parseTextTemplate(value)]);

/** Returns the headers that have a value: an event without an idempotency key has no header with it. */
function renderedHeaders(templates: readonly NamedTemplate[], facts: FactReader): Record<string, string> {
  const rendered = templates.map(([name, value]) => [name, renderText(value, facts)] as const);
  return Object.fromEntries(rendered.filter(([, value]) => value !== ''));
}

function namedHeaders(
  { id, type, timestamp, timestampFormat }: HeaderNames,
  event: EventFields,
  time: Date,
): Record<string, string> {
  return {
    ...(id && { [id.toLowerCase()]: event.id }),
    ...(type && { [type.toLowerCase()]: event.type }),
    ...(timestamp && { [timestamp.toLowerCase()]: formatTime(time, timestampFormat) }),
  };
}

function metadataHeaders(
  { metadata = {} }: EventFields,
  prefixes: readonly string[],
): Record<string, string> {
  const entries = Object.entries(metadata);
  return Object.fromEntries(
    prefixes.flatMap((prefix) => entries.map(([name, value]) => [prefix + name.toLowerCase(), value])),
  );
}
