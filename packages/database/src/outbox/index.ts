export { installOutbox } from './install-outbox.js';
export { installOutboxAt, openOutbox, outboxSql } from './open-outbox.js';
export {
  type OutboxQuery,
  type OutboxSource,
  type OutboxTimes,
  readWholeOutboxState,
} from './outbox-source.js';
export { MAX_COUNTED_ROWS, type OutboxRow, type OutboxState } from './read-outbox.js';
