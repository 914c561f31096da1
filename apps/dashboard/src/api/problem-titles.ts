import { access } from './current-access.js';
import { t } from '../i18n/t.js';

/** The titles of the errors that users of the portal may see, by their code. Others are shown as the API returns them. */
const TITLES: Record<string, string> = {
  forbidden: t('You may not do this'),
  quota_exceeded: t('Quota reached'),
  not_found: t('Not found'),
  invalid_state: t('Not possible in the current state'),
  conflict: t('Conflict with existing data'),
  payload_too_large: t('The data is too large'),
  invalid_input: t('Check your input'),
  url_not_allowed: t('Requests may not be sent to this URL'),
  validation_delivery_failed: t('The validation request was not delivered'),
  too_many_requests: t('Too many requests. Try again in a moment.'),
  too_many_validations: t('Too many validation requests without a confirmation'),
  internal_error: t('Something went wrong'),
  unavailable: t('Temporarily unavailable. Try again in a moment.'),
};

/** Returns the title of an error as the page shows it. @param title of the API, in English and for users of the API */
export const problemTitle = (code: string, title: string): string =>
  access.kind === 'portal' ? (TITLES[code] ?? title) : title;
