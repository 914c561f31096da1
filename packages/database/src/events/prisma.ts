export type { EventType, RejectedEvent } from '../generated/client.js';
export {
  createEventType,
  deleteEventType,
  type EventTypeSettings,
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
