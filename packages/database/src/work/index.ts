export { type DueWork, findDueWork } from './find-due-work.js';
