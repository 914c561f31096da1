import type { AccessRule } from '@posthorn/core';
import { ConfigError } from './read-config.js';
import type { ApiConfig } from './services.js';
import { signIn } from './sign-in-fields.js';

/** How people sign in with an OpenID Connect provider. */
export interface SingleSignOnSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** For people. */
  name: string;
  /** Separated by spaces. */
  scopes: string;
  groupsClaim: string;
  rules: readonly AccessRule[];
  refreshMinutes: number;
  /** The origin of the dashboard, to which the provider sends people back. */
  publicOrigin: string;
}

/**
 * Returns how people sign in with single sign-on, or null if it is not configured.
 * @throws ConfigError that names the missing settings
 */
export function singleSignOnSettings(
  config: Pick<ApiConfig, keyof typeof signIn | 'publicOrigin'>,
): SingleSignOnSettings | null {
  const {
    oidcIssuer: issuer,
    oidcClientId: clientId,
    oidcClientSecret: clientSecret,
    oidcRoles: rules,
  } = config;
  const { publicOrigin } = config;
  if (issuer === null && clientId === null && clientSecret === null && rules === null) {
    if (!config.keySignIn)
      throw new ConfigError('POSTHORN_KEY_SIGN_IN=false requires single sign-on: set POSTHORN_OIDC_ISSUER');
    return null;
  }
  if (
    issuer === null ||
    clientId === null ||
    clientSecret === null ||
    rules === null ||
    publicOrigin === null
  ) {
    const required = {
      [signIn.oidcIssuer.env]: issuer,
      [signIn.oidcClientId.env]: clientId,
      [signIn.oidcClientSecret.env]: clientSecret,
      [signIn.oidcRoles.env]: rules,
      POSTHORN_PUBLIC_URL: publicOrigin,
    };
    const missing = Object.keys(required).filter((name) => required[name] === null);
    throw new ConfigError(`Single sign-on also needs ${missing.join(', ')}`);
  }
  return {
    issuer,
    clientId,
    clientSecret,
    name: config.oidcName,
    scopes: config.oidcScopes,
    groupsClaim: config.oidcGroupsClaim,
    rules,
    refreshMinutes: config.oidcRefreshMinutes,
    publicOrigin,
  };
}
