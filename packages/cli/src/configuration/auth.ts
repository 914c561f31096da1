import { unchecked } from '../command/options.js';
import type { ConfiguredAuth } from './schema.js';

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
  auth: ShownAuth | null,
  nameVariable: (name: string) => string,
): ConfiguredAuth | undefined {
  if (auth === null) return undefined;
  const secret = SECRETS[auth.type];
  const settings = Object.entries(auth).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[name]),
  );
  return unchecked({
    ...Object.fromEntries(settings),
    [secret]: { env: nameVariable(secret.replace(/[A-Z]/g, (letter) => `_${letter}`)) },
  });
}

/** Returns what can be compared of an authentication: everything but the secret. */
export function comparableAuth(auth: ConfiguredAuth): Record<string, unknown> {
  const secret: string = SECRETS[auth.type];
  const settings = auth.type === 'oauth2' ? { ...DEFAULTS, ...auth } : auth;
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== secret));
}

/** Returns an authentication with its secret. @param resolve returns the text that a reference stands for */
export function resolvedAuth(
  auth: ConfiguredAuth,
  resolve: (secret: string | { env: string }) => string,
): Record<string, unknown> {
  const secret = secretOf(auth);
  return { ...auth, [SECRETS[auth.type]]: resolve(secret) };
}

function secretOf(auth: ConfiguredAuth): string | { env: string } {
  switch (auth.type) {
    case 'basic':
      return auth.password;
    case 'apiKey':
      return auth.value;
    case 'oauth2':
      return auth.clientSecret;
  }
}
