import { sendEmailTask } from './mail-sender.js';
import { publishOperationalEventsTask } from './operational-event-publisher.js';

export const NOTIFICATION_TASKS = [publishOperationalEventsTask, sendEmailTask];
