import { unixSeconds } from '../security/signing.js';
import type { TimestampFormat } from './delivery-format.js';
import type { EventFields } from './event-fields.js';
import { sortedParameters } from './form-body.js';
import type { FactReader } from './sign.js';

interface AttemptToSend {
  timestamp: Date;
  url: string;
  body: string;
  /** Whether the body is a form. */
  isForm: boolean;
}

/** Returns the function that returns the reader of the placeholders of an attempt, for a format of its time. */
export function attemptFacts(
  event: EventFields,
  { timestamp, url, body, isForm }: AttemptToSend,
): (format: TimestampFormat | undefined) => FactReader {
  let parameters: string | undefined;
  return (format) => (name) => {
    switch (name) {
      case 'id':
      case 'type':
      case 'tenantId':
        return event[name];
      case 'timestamp':
        return formatTime(timestamp, format);
      case 'idempotencyKey':
        return event.idempotencyKey ?? '';
      case 'externalEventId':
        return event.idempotencyKey ?? event.id;
      case 'url':
        return url;
      case 'body':
        return body;
      case 'formParameters':
        // Several signatures may contain them.
        return (parameters ??= isForm ? sortedParameters(body) : '');
      default:
        throw new Error(`Unknown placeholder {${name}}`);
    }
  };
}

export function formatTime(time: Date, format: TimestampFormat = 'unix'): string {
  switch (format) {
    case 'unix':
      return unixSeconds(time);
    case 'unix-ms':
      return time.getTime().toString();
    case 'rfc3339':
      return `${time.toISOString().slice(0, -'.000Z'.length)}Z`;
  }
}
