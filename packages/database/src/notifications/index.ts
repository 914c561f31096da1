export { announceCertificates, ANNOUNCED_DAYS } from './announce-certificates.js';
export { type ClaimedMail, claimMail, CONFIRMATION, EMAILS_ARE_DUE } from './claim-mail.js';
export { expireNotices } from './expire-notices.js';
export { recordAbandonedMail, recordEmptyMail, recordFailedMail, recordSentMail } from './finish-mail.js';
export { isUnsubscribed } from './is-unsubscribed.js';
export {
  listPendingOperationalEvents,
  OPERATIONAL_EVENTS_ARE_DUE,
  type PendingOperationalEvent,
} from './list-pending-operational-events.js';
export { countNotices, readEmailState } from './read-email-state.js';
export { type MailNotices, type Notice, readNotices } from './read-notices.js';
export { registerCopies } from './register-copies.js';
export { setEmailEnabled } from './set-email-enabled.js';
export { settleOperationalEvents } from './settle-operational-events.js';
