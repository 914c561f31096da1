export { idFloor } from './id-floor.js';
