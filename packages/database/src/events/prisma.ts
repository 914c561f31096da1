export type { RejectedEvent } from '../generated/client.js';
export {
  createEventType,
  deleteEventType,
  type EventType,
  findEventType,
  listEventTypes,
  listUsedEventTypes,
  updateEventType,
} from './event-types.js';
export {
  type Event,
  eventAttributesOf,
  type EventSummary,
  findEvent,
  listEvents,
  listWholeEvents,
} from './events.js';
