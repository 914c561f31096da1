import { t } from '../i18n/t.js';

/** What the three ways to send deliveries again do, a sentence each. */
export const SEND_AGAIN = {
  retry: t('A retry sends one delivery again now.'),
  replay: t(
    'A replay sends the finished deliveries of an event, or of a time range of a webhook, again, also those that succeeded.',
  ),
  recovery: t('A recovery retries everything that did not succeed during an outage.'),
};
