export { recheckPeople } from './recheck-people.js';
export {
  claimDueSessions,
  confirmPersonSession,
  type DueSession,
  endGrant,
  keepRefreshToken,
} from './refresh-person.js';
export { signInPerson } from './sign-in-person.js';
