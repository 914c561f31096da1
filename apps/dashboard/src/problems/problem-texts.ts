import { access } from '../access/current-access.js';
import { type CodedMessage, codedText, isEnglish, t } from '../i18n/t.js';

/** The titles of the errors that users of the portal may see, by their code. */
export const PORTAL_TITLES: Record<string, string> = {
  unauthorized: t('The link is no longer valid'),
  forbidden: t("You don't have permission to do this"),
  cross_site_request: t("You don't have permission to do this"),
  key_sign_in_disabled: t("You don't have permission to do this"),
  quota_exceeded: t('Quota reached'),
  tenant_suspended: t('Deliveries are suspended by the operator'),
  tenant_deleted: t('Not found'),
  not_found: t('Not found'),
  request_timeout: t('The server did not receive the data in time'),
  invalid_state: t('Not possible in the current state'),
  address_unsubscribed: t('The owner of the address has unsubscribed'),
  cursor_ahead: t('The position is ahead of the feed'),
  feed_expired: t('Entries of the feed have expired'),
  payload_expired: t('The payload of the event has expired'),
  conflict: t('Conflict with existing data'),
  idempotency_in_progress: t('Conflict with existing data'),
  idempotency_key_reused: t('Conflict with existing data'),
  precondition_failed: t('Conflict with existing data'),
  payload_too_large: t('The data is too large'),
  invalid_json: t('Check your input'),
  unsupported_media_type: t('Check your input'),
  invalid_input: t('Check your input'),
  url_not_allowed: t('This URL is not allowed'),
  validation_delivery_failed: t('The validation request was not delivered'),
  validation_code_invalid: t('Wrong code.'),
  validation_code_expired: t('This code has expired. Send a new code.'),
  validation_code_locked: t('Too many wrong attempts. Send a new code.'),
  validation_not_requested: t('No code was sent to this URL. Send a code first.'),
  too_many_requests: t('Too many requests. Try again in a moment.'),
  too_many_validations: t('Too many validation requests without a confirmation'),
  too_many_confirmations: t('Too many requests to confirm this address'),
  internal_error: t('Something went wrong'),
  unavailable: t('Temporarily unavailable. Try again in a moment.'),
};

/** Returns the title of an error as the page shows it. @param title of the API, in English and for users of the API */
export function problemTitle(code: string, title: string): string {
  if (access.kind !== 'portal') return title;
  return PORTAL_TITLES[code] ?? (isEnglish() ? title : t('Something went wrong'));
}

interface ProblemDetail {
  detail?: string | undefined;
  reason?: CodedMessage | undefined;
  retryAfterSeconds: number | undefined;
}

/**
 * Returns the detail of an error in the language of the page. If it is not known in this language, the title has to do, with the time
 * of the next try.
 */
export function problemDetail({ detail, reason, retryAfterSeconds }: ProblemDetail): string | undefined {
  if (isEnglish()) return detail;
  const translated = reason && codedText('REASONS', reason);
  if (translated !== undefined || retryAfterSeconds === undefined) return translated;
  return t('Try again in {{count, number}} seconds.', { count: retryAfterSeconds });
}

/** Returns the message about a field in the language of the page. */
export const fieldMessage = (error: CodedMessage & { message: string }): string =>
  codedText('FIELD_MESSAGES', error) ?? (isEnglish() ? error.message : t('Not a valid value'));

interface Rejection {
  code: string;
  message: string;
  reason: CodedMessage | null;
}

/** Returns why the API rejected one item of a call, in the language of the page. */
export const rejectionText = ({ code, message, reason }: Rejection): string =>
  (reason && (codedText('REASONS', reason) ?? (isEnglish() ? message : null))) ?? problemTitle(code, message);
