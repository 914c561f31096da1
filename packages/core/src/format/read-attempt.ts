import type { DeliveryFormat, HeaderNames } from './delivery-format.js';
import { schemeOf } from './signature-schemes.js';
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
    const timestamp = parseTime(facts?.get('timestamp') ?? facts?.get('time') ?? '');
    if (id) found.id ??= id;
    if (timestamp) found.timestamp ??= timestamp;
  }
  return found;
}

/** Returns the names of the headers with signatures, in lower case. */
export function signatureHeaderNames({ signatures = ['standard-webhooks'] }: DeliveryFormat): string[] {
  return signatures.map((signature) => schemeOf(signature).header);
}

/** Returns the names and templates of the headers that name the attempt. */
function templatesOf({
  headers = {},
  signatures = ['standard-webhooks'],
}: DeliveryFormat): [name: string, template: string][] {
  return [
    ...namedTemplates(headers),
    ...signatures.flatMap((signature) => {
      const scheme = schemeOf(signature);
      return [...Object.entries(scheme.headers), [scheme.header, scheme.value] satisfies [string, string]];
    }),
  ];
}

const namedTemplates = ({ id, timestamp }: HeaderNames): [name: string, template: string][] => [
  ...(id ? [[id.toLowerCase(), '{id}'] satisfies [string, string]] : []),
  ...(timestamp ? [[timestamp.toLowerCase(), '{time}'] satisfies [string, string]] : []),
];

/** The digits of a Unix time in seconds; one in milliseconds has more. */
const MAX_SECONDS_DIGITS = 11;

/** Reads a Unix time, in seconds or milliseconds, or one in RFC 3339. Returns null for other texts. */
function parseTime(text: string): Date | null {
  const unit = text.length > MAX_SECONDS_DIGITS ? 1 : 1000;
  const time = new Date(/^\d{1,15}$/.test(text) ? Number(text) * unit : Date.parse(text));
  return Number.isNaN(time.getTime()) ? null : time;
}
