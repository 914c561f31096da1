export { createDueWorkFinder } from './due-work-finder.js';
