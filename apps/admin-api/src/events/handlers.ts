import { bindHandlers } from '../calls/bind-handlers.js';
import type { EventDeps } from './deps.js';
import {
  createEventType,
  listEventTypes,
  getEventType,
  updateEventType,
  deleteEventType,
} from './event-types.js';
import { listEvents, getEvent, listEventDeliveries, explainEvent } from './events.js';
import { publishEvent, publishBatch } from './publish.js';
import { listRejectedEvents, getRejectedEvent } from './rejected-events.js';

/** Creates the handlers of events and event types. */
export const createEventHandlers = (deps: EventDeps) =>
  bindHandlers(
    {
      createEventType,
      listEventTypes,
      getEventType,
      updateEventType,
      deleteEventType,
      listEvents,
      getEvent,
      listEventDeliveries,
      explainEvent,
      publishEvent,
      publishBatch,
      listRejectedEvents,
      getRejectedEvent,
    },
    deps,
  );
