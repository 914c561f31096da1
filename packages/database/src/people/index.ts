export { logOut } from './log-out.js';
export { extendPersonSession, findPersonEmail } from './person-sessions.js';
