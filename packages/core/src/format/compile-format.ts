import { withDataText } from '../json/json-text.js';
import { type SigningKeys, unixSeconds } from '../security/signing.js';
import { parseBodyTemplate, renderBody } from './body-template.js';
import { chatBody } from './chat-message.js';
import type { BodyFormat, DeliveryFormat, HeaderNames, TimestampFormat } from './delivery-format.js';
import { type EventFields, eventFieldsOf } from './event-fields.js';
import { type FactReader, signerOf } from './sign.js';
import { schemeOf } from './signature-schemes.js';
import { parseTextTemplate, renderText } from './text-template.js';

/** An event and the attempt to send it. */
export interface MessageToFormat {
  /** The body in the standard format. */
  envelope: string;
  /** `ten_…` */
  tenantId: string;
  /** The time of the attempt. */
  timestamp: Date;
  keys: SigningKeys;
}

export interface FormattedMessage {
  headers: Record<string, string>;
  /** The fixed headers of the format, which custom headers and `headers` replace. */
  fixedHeaders: Record<string, string>;
  body: string;
}

/** A format that is ready for use. */
export interface CompiledFormat {
  /** Returns the request, or null if its body is too long. */
  format: (message: MessageToFormat) => FormattedMessage | null;
}

/** Compiles a format without problems: see `formatProblems`. */
export function compileFormat({ body, source, headers = {}, signatures }: DeliveryFormat): CompiledFormat {
  const formatBody = bodyFormatter(body ?? 'envelope', source);
  const writers = (signatures ?? ['standard-webhooks']).map((signature) => {
    const scheme = schemeOf(signature);
    const extra = Object.entries(scheme.headers).map(
      ([name, value]) => [name, parseTextTemplate(value)] as const,
    );
    return { header: scheme.header, extra, sign: signerOf(scheme) };
  });
  const fixedHeaders = lowerCaseNames(headers.fixed ?? {});

  return {
    format({ envelope, tenantId, timestamp, keys }) {
      const event = eventFieldsOf(envelope, tenantId);
      const formatted = formatBody(envelope, event);
      if (formatted === null) return null;
      const factOf = factReader(event, timestamp, formatted.body);
      const result = { ...formatted.headers, ...namedHeaders(headers, event, timestamp) };
      for (const { header, extra, sign } of writers) {
        for (const [name, value] of extra) result[name] = renderText(value, factOf);
        const signature = sign(factOf, keys);
        if (signature !== null) result[header] = signature;
      }
      return { headers: result, fixedHeaders, body: formatted.body };
    },
  };
}

/** Returns headers with names in lower case, so that two of the same name replace each other. */
export function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Returns the reader of the placeholders in signatures and their headers. */
function factReader(event: EventFields, timestamp: Date, body: string): FactReader {
  return (name) => {
    switch (name) {
      case 'id':
        return event.id;
      case 'type':
        return event.type;
      case 'timestamp':
        return unixSeconds(timestamp);
      case 'time':
        return formatTime(timestamp, 'rfc3339');
      case 'body':
        return body;
      default:
        throw new Error(`Unknown placeholder {${name}}`);
    }
  };
}

function namedHeaders(
  { id, type, timestamp, timestampFormat = 'unix' }: HeaderNames,
  event: EventFields,
  time: Date,
): Record<string, string> {
  return {
    ...(id && { [id.toLowerCase()]: event.id }),
    ...(type && { [type.toLowerCase()]: event.type }),
    ...(timestamp && { [timestamp.toLowerCase()]: formatTime(time, timestampFormat) }),
  };
}

function formatTime(time: Date, format: TimestampFormat): string {
  switch (format) {
    case 'unix':
      return unixSeconds(time);
    case 'unix-ms':
      return time.getTime().toString();
    case 'rfc3339':
      return `${time.toISOString().slice(0, -'.000Z'.length)}Z`;
  }
}

type FormattedBody = Pick<FormattedMessage, 'headers' | 'body'>;

const JSON_TYPE = { 'content-type': 'application/json' };

function bodyFormatter(
  body: BodyFormat,
  source: string | undefined,
): (envelope: string, event: EventFields) => FormattedBody | null {
  if (typeof body === 'object') return templateFormatter(body.template);
  switch (body) {
    case 'envelope':
      return (envelope) => ({ headers: JSON_TYPE, body: envelope });
    case 'data':
      return (_envelope, event) => ({ headers: JSON_TYPE, body: event.dataText });
    case 'cloudevents':
      return (_envelope, event) => ({
        headers: { 'content-type': 'application/cloudevents+json' },
        body: structuredEvent(event, source),
      });
    case 'cloudevents-binary':
      return (_envelope, event) => ({ headers: binaryHeaders(event, source), body: event.dataText });
    case 'slack':
    case 'teams':
    case 'discord':
      return (_envelope, event) => ({ headers: JSON_TYPE, body: chatBody(body, event) });
  }
}

function templateFormatter(text: string): (envelope: string, event: EventFields) => FormattedBody | null {
  const template = parseBodyTemplate(text);
  if ('problem' in template) throw new Error(`The template ${template.problem}`);
  return (_envelope, event) => {
    const body = renderBody(template, event);
    return body === null ? null : { headers: JSON_TYPE, body };
  };
}

/** The attributes of CloudEvents 1.0. They come from the event, so that every attempt has the same. */
const attributesOf = (event: EventFields, source = `/tenants/${event.tenantId}`) => ({
  specversion: '1.0',
  id: event.id,
  source,
  type: event.type,
  time: event.timestamp,
});

function structuredEvent(event: EventFields, source: string | undefined): string {
  const attributes = { ...attributesOf(event, source), datacontenttype: 'application/json' };
  return withDataText(JSON.stringify(attributes), event.dataText);
}

function binaryHeaders(event: EventFields, source: string | undefined): Record<string, string> {
  const attributes = Object.entries(attributesOf(event, source));
  return { ...JSON_TYPE, ...Object.fromEntries(attributes.map(([name, value]) => [`ce-${name}`, value])) };
}
