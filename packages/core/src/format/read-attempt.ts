import type { DeliveryFormat, HeaderNames } from './delivery-format.js';
import { schemesOf } from './signature-schemes.js';
import { parseTextTemplate, readText } from './text-template.js';

/** What the headers of a request tell about the attempt to send it. */
export interface ReadAttempt {
  id?: string;
  timestamp?: Date;
}

/** Returns the id and the time in the headers of a request that has a format. @param headers with names in lower case */
export function readAttempt(format: DeliveryFormat, headers: Readonly<Record<string, string>>): ReadAttempt {
  const found: ReadAttempt = {};
  for (const [name, template] of templatesOf(format)) {
    const facts = readText(parseTextTemplate(template), headers[name] ?? '');
    const id = facts?.get('id');
    const timestamp = parseTime(facts?.get('timestamp') ?? '');
    if (id) found.id ??= id;
    if (timestamp) found.timestamp ??= timestamp;
  }
  return found;
}

/** Returns the names of the headers with signatures, in lower case. */
export function signatureHeaderNames(format: DeliveryFormat): string[] {
  return schemesOf(format).map(({ header }) => header);
}

/** Returns the names and templates of the headers that name the attempt. */
function templatesOf(format: DeliveryFormat): [name: string, template: string][] {
  return [
    ...namedTemplates(format.headers ?? {}),
    ...schemesOf(format).flatMap(({ headers }) => Object.entries(headers)),
    ...schemesOf(format).map(({ header, value }): [string, string] => [header, value]),
  ];
}

const namedTemplates = ({ id, timestamp, fixed = {} }: HeaderNames): [name: string, template: string][] => [
  ...(id ? [[id.toLowerCase(), '{id}'] satisfies [string, string]] : []),
  ...(timestamp ? [[timestamp.toLowerCase(), '{timestamp}'] satisfies [string, string]] : []),
  ...Object.entries(fixed).map(([name, value]): [string, string] => [name.toLowerCase(), value]),
];

/** The digits of a Unix time in seconds; one in milliseconds has more. */
const MAX_SECONDS_DIGITS = 11;

/** Reads a Unix time, in seconds or milliseconds, or one in RFC 3339. Returns null for other texts. */
function parseTime(text: string): Date | null {
  const unit = text.length > MAX_SECONDS_DIGITS ? 1 : 1000;
  const time = new Date(/^\d{1,15}$/.test(text) ? Number(text) * unit : Date.parse(text));
  return Number.isNaN(time.getTime()) ? null : time;
}
