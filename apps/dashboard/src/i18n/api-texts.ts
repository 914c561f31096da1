/**
 * Texts of the API that users of the portal may see, in English, with `{{name}}` for values. The first one that fits a text is its key
 * in the files of the languages.
 */
export const API_TEXTS = [
  // fields
  'is required',
  'must be a string',
  'must be a number',
  'must be an integer',
  'must be a boolean',
  'must be an object',
  'must be an array',
  'must be true or false',
  'is not a known field',
  'must not be empty',
  'must be a valid email address',
  'must have at most {{max}} characters before the @',
  'Invalid input',
  'must be at most {{max}} characters long',
  'must not be longer than {{max}} bytes',
  'must not be longer than {{max}} bytes as JSON',
  'must not be nested deeper than {{max}} levels',
  'must not contain the key {{key}}',
  'must not contain NUL characters or unpaired surrogates',
  'must be printable ASCII',
  'must be printable ASCII without leading or trailing spaces',
  'must be 1 to 255 printable ASCII characters without spaces',
  'must begin with a letter, then letters, digits and -',
  'must be segments of letters, digits, _ and - separated by dots, such as invoice.paid',
  'must be an event type, prefix.* or *',
  'is reserved for validation requests',
  'must be an id of the form {{form}}',
  'must be a tenant id {{forms}}',
  'must be a whole number from {{min}} to {{max}}',
  'must be the nextCursor of a previous page',
  'must be the nextCursor of a previous page with the same sort',
  'must be a time in RFC 3339 format, such as {{example}}',
  'must be in the future',
  'must be later than {{start}}',
  'gives more than {{max}} intervals; use a longer interval or a shorter range',
  'must not contain the number {{number}}, which is too large or has too many digits; write it as a string',
  'must be a JSON object',
  'must be 1 to 255 printable ASCII characters',
  // headers and secrets
  'is not a valid header name',
  'is a reserved header',
  'must not occur twice',
  'must have at most {{max}} headers',
  'must be whsec_ followed by base64, plain base64 or text, and decode to {{min}} to {{max}} bytes',
  'must be base64 after whsec_, unless secretEncoding is text',
  'must be random: it has fewer than {{min}} different bytes',
  'must be whsk_ and 32 bytes in base64',
  'must be whsk_ and 32 bytes in base64, or these and the public key that belongs to them',
  // delivery formats
  'has the unknown placeholder {{placeholder}}; use {{placeholders}}',
  'has {formParameters}, which only the body form has',
  'signs the time as {{signed}}, but headers.timestampFormat is {{shown}}',
  'is the beginning of reserved headers',
  'has a signature that decodes the secret, which is text that begins with whsec_',
  'must be base64 after whsec_, because a signature of the delivery format decodes it',
  // metadata of events
  'must have a name of 1 to 64 letters, digits, _ and -',
  'must have at most {{max}} entries',
  'must not have names that differ only in upper and lower case',
  'must have the placeholder {{placeholder}} once',
  'must have at most {{max}} placeholders',
  'must be JSON with placeholders',
  'is not supported by this profile',
  'another part of the format sets the header {{name}}',
  // filters
  'must be a schema: an object, true or false',
  'must not be nested more than {{max}} levels deep',
  'is not a keyword that filters support',
  'is too expensive to evaluate: it costs {{cost}}, and the limit is {{limit}}',
  'costs {{cost}}, and the other filters of the tenant cost {{used}}: together at most {{limit}}. Equal filters count once',
  'must be a non-empty array of schemas',
  'must be a non-negative integer',
  'must be a number greater than 0',
  'must be one or more of {{names}}',
  'must be a string, a number, a boolean or null',
  'must be a non-empty array of unique strings, numbers, booleans or null',
  'must be an object with a schema for each property',
  'must be an array of unique property names',
  'must be an object with an array of unique property names for each property',
  'must consist of characters, ., [classes], escapes, ^ at the start and $ at the end: quantifiers, groups and alternatives are not supported',
  'must be a valid regular expression',
  // why a filter excludes an event
  'must be "{{text}}"',
  'must be one of {{choices}}',
  'must be >= {{limit}}',
  'must be <= {{limit}}',
  'must be > {{limit}}',
  'must be < {{limit}}',
  'must be a multiple of {{step}}',
  'must match the pattern {{pattern}}',
  'must have the property {{name}}',
  'must not be present',
  'must have at least {{min}} items',
  'must have at most {{max}} items',
  'must have at least {{min}} characters',
  'must have at most {{max}} characters',
  'must have at least {{min}} properties',
  'must have at most {{max}} properties',
  'must match a schema in anyOf',
  'must match exactly one schema in oneOf',
  'must not match the schema in not',
  // URLs
  'The URL is not valid',
  'The URL must start with https://',
  'The URL must start with https:// or http://',
  'The host name of the URL is not valid',
  'An IPv4 address must be four decimal numbers without leading zeros, such as {{example}}',
  'The URL must not contain a user name or password. Use a custom header instead',
  'Port 0 is not valid',
  'Port {{port}} is not allowed. Allowed ports: {{ports}}',
  '{{host}} is not on the public internet and not an allowed destination',
  // details
  'A webhook with this externalId already exists',
  "The event's payload has expired, so the delivery cannot be retried",
  'The delivery has had {{max}} attempts, the maximum. Publish the event again',
  'Not allowed while the webhook is active',
  'Not allowed while the webhook is pending_validation',
  'Not allowed while the webhook is suspended',
  'Not allowed while the webhook is deleted',
  'The webhook is active and has no URL to validate',
  'The webhook is suspended and has no URL to validate',
  'The webhook is neither failing nor suspended',
  'A newer code or a change of the URL replaced this code. Request a new one.',
  'The webhook was changed before the request was sent. Try again.',
  'Deliveries from before the webhook was suspended are still being dropped. Try again.',
  'The receiver responded with {{status}}',
  'Not allowed: the replay is already completed',
  'Not allowed: the replay is already cancelled',
  'Not allowed: the recovery is already completed',
  'Not allowed: the recovery is already cancelled',
  'A webhook needs a signing secret. Rotate it, with an overlap of 0 hours, to replace the only one.',
  'The delivery format has only Ed25519 signatures, so the webhook needs an Ed25519 key. Create one (POST …/signing-keys), then set the format',
  'The delivery format makes the body too long',
  'The request is not available: the event has expired',
  'The request is not available: the webhook was deleted',
  'No emails are sent: SMTP is not configured',
  'The address is already confirmed',
  'Its owner can subscribe again with the link to unsubscribe in an earlier email.',
  'An address gets at most one request a day and {{max}} in 30 days.',
  'The limit of {{max}} addresses is reached. Remove one.',
  'At most {{max}} addresses can be added per day. Try again tomorrow.',
  'The quota for webhooks ({{max}}) is reached. Delete one, or ask the operator for a higher quota.',
  'The last {{limit}} validation requests of this webhook within {{minutes}} minutes were not confirmed. Check the receiver and confirm a code that it got, or retry in {{seconds}} s.',
  'Too many validations of this tenant at this host are in progress',
  'The query timed out. Retry, or narrow the time range.',
  'The body must not be larger than {{max}} bytes',
  // failed requests
  'Connection refused: no server is listening on this port',
  'The receiver did not respond in time',
  'Connecting to the receiver timed out after {{seconds}} s',
  'The TLS handshake timed out after {{seconds}} s',
  'Resolving the host name {{host}} timed out after {{seconds}} s',
  'The host name {{host}} could not be resolved: it has no address',
  'The host name {{host}} has no address that is on the public internet or an allowed destination',
  'The receiver closed the connection before it responded',
  "The receiver's certificate is self-signed",
  "The receiver's certificate has expired",
  "The receiver's certificate is for another host name",
  "The receiver's certificate was issued by an untrusted authority",
  "The receiver's certificate was issued by an untrusted authority, or its intermediate certificates are missing",
  'The receiver does not speak TLS on this port',
  'This request could not be built; the operator has been alerted',
  // Last, because it fits many others.
  'must be {{value}}',
] as const;

const PLACEHOLDER = /\{\{(\w+)\}\}/g;

interface Template {
  text: string;
  names: string[];
  /** The texts before, between and after the values. */
  literals: string[];
}

const templates = API_TEXTS.map((text): Template => {
  // Literals and names alternate.
  const parts = text.split(PLACEHOLDER);
  return {
    text,
    names: parts.filter((_, index) => index % 2 === 1),
    literals: parts.filter((_, index) => index % 2 === 0),
  };
});

/** Returns the key of a text of the API with its values, or null for an unknown text. */
export function findApiText(text: string): { key: string; values: Record<string, string> } | null {
  for (const { text: key, names, literals } of templates) {
    const found = valuesBetween(literals, text);
    if (found)
      return { key, values: Object.fromEntries(names.map((name, index) => [name, found[index] ?? ''])) };
  }
  return null;
}

/** Returns the values between the literals of a text, or null if it has others. A value ends where the next literal first occurs. */
function valuesBetween([first = '', ...others]: readonly string[], text: string): string[] | null {
  if (!text.startsWith(first)) return null;
  const values: string[] = [];
  let at = first.length;
  for (const [index, literal] of others.entries()) {
    const isLast = index === others.length - 1;
    const end = isLast ? text.length - literal.length : text.indexOf(literal, at + 1);
    // A value is not empty.
    if (end <= at || !text.startsWith(literal, end)) return null;
    values.push(text.slice(at, end));
    at = end + literal.length;
  }
  return at === text.length ? values : null;
}
