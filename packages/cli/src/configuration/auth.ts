import { CLIENT_AUTHENTICATIONS } from '@posthorn/core';
import { z } from 'zod';
import { unchecked } from '../command/options.js';
import { type NameVariable, type SecretText, secretText } from './references.js';

/** In a file. */
export const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('basic'), username: z.string(), password: secretText }),
  z.strictObject({ type: z.literal('apiKey'), header: z.string(), value: secretText }),
  z.strictObject({
    type: z.literal('oauth2'),
    tokenUrl: z.string(),
    clientId: z.string(),
    clientSecret: secretText,
    scopes: z.array(z.string()).optional(),
    audience: z.string().optional(),
    clientAuthentication: z.enum(CLIENT_AUTHENTICATIONS).optional(),
  }),
]);

type ConfiguredAuth = z.output<typeof auth>;

/** The settings with secrets, by type. */
const SECRETS = { basic: 'password', apiKey: 'value', oauth2: 'clientSecret' } as const;

/** The values that an absent setting stands for. */
const DEFAULTS: Record<string, unknown> = {
  scopes: [],
  audience: null,
  clientAuthentication: 'client_secret_basic',
};

/** An authentication as the API returns it: without its secret. */
interface ShownAuth {
  type: ConfiguredAuth['type'];
}

/** Returns the authentication of a webhook with a reference to a variable in place of its secret. */
export function authWithReference(
  shown: ShownAuth | null,
  nameVariable: NameVariable,
): ConfiguredAuth | undefined {
  if (shown === null) return undefined;
  const secret = SECRETS[shown.type];
  const settings = Object.entries(shown).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[name]),
  );
  return unchecked({
    ...Object.fromEntries(settings),
    [secret]: { env: nameVariable(secret.replace(/[A-Z]/g, (letter) => `_${letter}`)) },
  });
}

/** Returns what can be compared of an authentication: everything but the secret. */
export function comparableAuth(configured: ConfiguredAuth): Record<string, unknown> {
  const secret: string = SECRETS[configured.type];
  const settings = configured.type === 'oauth2' ? { ...DEFAULTS, ...configured } : configured;
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== secret));
}

/** Returns an authentication with its secret. @param resolve returns the text that a reference stands for */
export function resolvedAuth(
  configured: ConfiguredAuth,
  resolve: (secret: SecretText) => string,
): Record<string, unknown> {
  const secret = secretOf(configured);
  return { ...configured, [SECRETS[configured.type]]: resolve(secret) };
}

function secretOf(configured: ConfiguredAuth): SecretText {
  switch (configured.type) {
    case 'basic':
      return configured.password;
    case 'apiKey':
      return configured.value;
    case 'oauth2':
      return configured.clientSecret;
  }
}
