import type { SingleSignOnSettings } from '@posthorn/runtime/config';
import type { IdentityProvider } from './identity-provider.js';

/** How people sign in with an identity provider. */
export interface SingleSignOn {
  settings: SingleSignOnSettings;
  provider: IdentityProvider;
}

/** Due sessions are claimed every 5 seconds, and a confirmation takes up to 20 seconds. */
const LEAD_SECONDS = 25;

/** Returns after how many seconds a session is confirmed again, so that a change takes effect within `refreshMinutes`. */
export const refreshSecondsOf = ({ refreshMinutes }: Pick<SingleSignOnSettings, 'refreshMinutes'>): number =>
  refreshMinutes * 60 - LEAD_SECONDS;
