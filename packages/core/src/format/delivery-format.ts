import { CHAT_PRODUCTS } from './chat-message.js';

/** Which headers carry facts of the request, in addition to the headers of the signatures. Null or absent: none. */
export interface HeaderNames {
  /** The id of the event. */
  id?: string | null | undefined;
  /** The time of the attempt. */
  timestamp?: string | null | undefined;
  timestampFormat?: TimestampFormat | undefined;
  /** The type of the event. */
  type?: string | null | undefined;
  /** Further headers, by name: templates of `FIXED_HEADER_PLACEHOLDERS`. One without a value is left out. */
  fixed?: Record<string, string> | undefined;
  /** The beginning of the names of headers with the metadata of the event. */
  metadataPrefix?: string | undefined;
}

export const TIMESTAMP_FORMATS = ['unix', 'unix-ms', 'rfc3339'] as const;
export type TimestampFormat = (typeof TIMESTAMP_FORMATS)[number];

export const BODY_FORMATS = [
  'envelope',
  'data',
  'cloudevents',
  'cloudevents-binary',
  'form',
  ...CHAT_PRODUCTS,
] as const;

/** The body of a request: a built-in format, or a JSON text with placeholders. */
export type BodyFormat = (typeof BODY_FORMATS)[number] | { template: string };

export const SIGNATURE_PROFILES = [
  'standard-webhooks',
  'svix',
  'stripe',
  'github',
  'shopify',
  'slack',
  'convoy',
  'convoy-advanced',
  'outpost',
] as const;
export type SignatureProfile = (typeof SIGNATURE_PROFILES)[number];

export const SIGNATURE_ALGORITHMS = ['hmac-sha1', 'hmac-sha256', 'hmac-sha512', 'ed25519'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

export const SIGNATURE_ENCODINGS = ['hex', 'base64', 'base64url'] as const;
export type SignatureEncoding = (typeof SIGNATURE_ENCODINGS)[number];

/** A signature that a format describes itself. */
export interface CustomSignature {
  algorithm: SignatureAlgorithm;
  encoding: SignatureEncoding;
  /** A template of `CONTENT_PLACEHOLDERS`. */
  content: string;
  /** The name of the header. */
  header: string;
  /** A template of `VALUE_PLACEHOLDERS`. */
  value: string;
  /** The format of `{timestamp}` in the content and the value. Absent: `unix`. */
  timestampFormat?: TimestampFormat | undefined;
  /** Text between the signatures of several valid keys. Absent: only the newest key signs. */
  separator?: string | undefined;
  /** The key of an HMAC: the bytes of the secret's text, or those that the text represents in base64. */
  key?: 'text' | 'decoded' | undefined;
}

/** A signature: a profile, a profile with another prefix or name of its headers, or a description. */
export type SignatureFormat =
  | SignatureProfile
  | {
      profile: SignatureProfile;
      /** Replaces the prefix of the profile's headers, such as `webhook-`. */
      headerPrefix?: string | undefined;
      /** Signs with the Ed25519 keys of the webhook only. For profiles that know Ed25519. */
      algorithm?: 'ed25519' | undefined;
    }
  | { custom: CustomSignature };

/** How requests of a webhook look. Absent parts are as in the standard format. */
export interface DeliveryFormat {
  body?: BodyFormat | undefined;
  /** The `source` of CloudEvents. Other bodies have none. */
  source?: string | undefined;
  headers?: HeaderNames | undefined;
  signatures?: SignatureFormat[] | undefined;
}

/** The id of the standard format, which is not stored. */
export const STANDARD_FORMAT_ID = '00000000-0000-0000-0000-000000000000';
