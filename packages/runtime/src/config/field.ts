import { parseServerUrl, parseUrl } from '@posthorn/core';
import { z } from 'zod';

/** The sections of docs/configuration.md, in the order of the page. */
export const SECTIONS = [
  'Servers and secrets',
  'Webhooks',
  'The API',
  'Sign-in',
  'Quotas',
  'Concurrency',
  'Email',
  'Encryption of payloads',
  'Retention',
  'Processes',
  'Traces',
] as const;

type Section = (typeof SECTIONS)[number];

/** An environment variable: its name, description and parser. */
export interface Field<T = unknown> {
  section: Section;
  env: string;
  description: string;
  /** Text used when the variable is unset. Without a default the variable is required. */
  default?: string;
  /** The value is never logged. */
  secret?: true;
  schema: z.ZodType<T, string>;
}

/** Defines a variable. `npm run lint:variables -- --write` lists it in the documentation and in what deploys Posthorn. */
export const field = <T>(section: Section, definition: Omit<Field<T>, 'section'>): Field<T> => ({
  section,
  ...definition,
});

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

export const url = (protocols: readonly string[]) =>
  z.string().refine((text) => protocols.includes(parseUrl(text)?.protocol ?? ''), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** The URL of a server, which may contain a password. */
export const serverUrl = (protocols: readonly string[]) =>
  url(protocols).refine((text) => parseServerUrl(text) !== null, {
    message:
      'contains an @, a % or another special character that is not percent-encoded. Write a password such as p@ss/word as p%40ss%2Fword',
  });

/** A URL that consists of scheme, host and port. */
export const origin = url(['http:', 'https:'])
  .refine((text) => parseUrl(text)?.href === `${parseUrl(text)?.origin}/`, 'must have no path')
  // The origin is used in a header.
  .refine((text) => /^[\w.:/[\]*-]+$/.test(text), 'must be letters, digits, . and -')
  .transform((text) => new URL(text).origin);

export const boolean = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true');

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

/** Null if the variable is empty. */
export const orNull = <T>(schema: z.ZodType<T, string>) =>
  z.union([z.literal('').transform(() => null), schema]);

const MAX_KEYS = 5;

/** One or more encryption keys, without duplicates. */
export const encryptionKeys = z
  .string()
  .transform((text) => text.split(','))
  .pipe(
    z
      .array(
        z
          .string()
          .regex(
            /^[A-Za-z0-9+/]{43}=$/,
            'must be 32 bytes in base64: generate a key with "openssl rand -base64 32"',
          ),
      )
      .max(MAX_KEYS, `must have at most ${MAX_KEYS} keys`)
      .refine((keys) => new Set(keys).size === keys.length, 'must not repeat a key'),
  )
  .transform(([first = '', ...others]): [Buffer, ...Buffer[]] => [
    Buffer.from(first, 'base64'),
    ...others.map((key) => Buffer.from(key, 'base64')),
  ]);

export const cidr = z.union([z.cidrv4(), z.cidrv6()], 'must be CIDRs, as in 10.0.0.0/8,fd00::/8');

export const EMAIL = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,189}$/;
