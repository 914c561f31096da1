import { encodeNameCursor, EVENT_TYPE_SETTINGS, type RequestedEventTypeSettings } from '@posthorn/contract';
import { errorAt, type FieldError, PosthornError, fieldError } from '@posthorn/core';
import {
  createEventType as storeEventType,
  deleteEventType as removeEventType,
  type EventType,
  findEventType,
  listEventTypes as readEventTypes,
  updateEventType as changeEventType,
} from '@posthorn/database/events/prisma';
import { createSchemaValidator, SchemaError } from '@posthorn/rules';
import type { Handler } from '../calls/handler.js';
import type { EventDeps } from './deps.js';
import { serializeEventType, storedSettings } from './event-type.js';
import { assertMayReveal, assertShowsOrderingKey } from '../access/redactions.js';

const eventTypeNotFound = () => new PosthornError('not_found', { detail: 'Event type not found' });

export const createEventType: Handler<'createEventType', EventDeps> = async (
  { caller, actor, body },
  deps,
) => {
  const { name, ...requested } = body;
  assertExampleMatchesSchema(requested);
  const settings = storedSettings(requested, deps);
  assertShowsOrderingKey({ ...EVENT_TYPE_SETTINGS.defaults, ...settings });
  const created = await deps.change({ caller, resource: name }, (prisma) =>
    storeEventType(prisma, name, settings, actor),
  );
  if (!created) throw new PosthornError('conflict', { detail: `The event type ${name} already exists` });
  return { status: 201, body: serializeEventType(created) };
};

export const listEventTypes: Handler<'listEventTypes', EventDeps> = async ({ query }, { prisma }) => {
  const { items, next } = await readEventTypes(prisma, query);
  const nextCursor = next === null ? null : encodeNameCursor(next);
  return { status: 200, body: { data: items.map(serializeEventType), nextCursor } };
};

export const getEventType: Handler<'getEventType', EventDeps> = async ({ params }, { prisma }) => {
  const eventType = await findEventType(prisma, params.name);
  if (!eventType) throw eventTypeNotFound();
  return { status: 200, body: serializeEventType(eventType) };
};

export const updateEventType: Handler<'updateEventType', EventDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const current = await findEventType(deps.prisma, params.name);
  if (!current) throw eventTypeNotFound();
  const { schema, example } = serializeEventType(current);
  assertExampleMatchesSchema({ schema, example, ...body });
  const settings = storedSettings(body, deps);
  const assertAllowed = (before: EventType, after: EventType) => {
    assertMayReveal(caller, before, after);
    assertShowsOrderingKey(after);
  };
  const updated = await deps.change({ caller, resource: params.name }, (db) =>
    changeEventType(db, params.name, { settings, actor, assertAllowed }),
  );
  if (!updated) throw eventTypeNotFound();
  return { status: 200, body: serializeEventType(updated) };
};

export const deleteEventType: Handler<'deleteEventType', EventDeps> = async (
  { caller, actor, params },
  { change },
) => {
  const assertAllowed = (type: EventType) => assertMayReveal(caller, type, { redact: [] });
  const isFound = await change({ caller, resource: params.name }, (prisma) =>
    removeEventType(prisma, params.name, { actor, assertAllowed }),
  );
  if (!isFound) throw eventTypeNotFound();
  return { status: 204, body: null };
};

/** Checks that the schema can be used, since otherwise every event of the type would be rejected, and that the example matches it. */
function assertExampleMatchesSchema({
  schema,
  example,
}: Pick<RequestedEventTypeSettings, 'schema' | 'example'>): void {
  if (!schema) return;
  const validate = createSchemaValidator();
  const violationsOf = (data: object) => validateWith(() => validate(JSON.stringify(schema), data));
  violationsOf({});
  const errors = example ? violationsOf(example) : [];
  if (errors.length === 0) return;
  throw new PosthornError('invalid_input', {
    detail: 'The example does not match the schema',
    errors: errors.map((error) => errorAt(error.path.replace(/^data/, 'example'), error)),
  });
}

/** Converts errors of the schema to `invalid_input`. */
function validateWith(validate: () => FieldError[]): FieldError[] {
  try {
    return validate();
  } catch (error) {
    const errors =
      error instanceof SchemaError
        ? error.errors
        : [fieldError('schema', 'schema_unusable', { reason: messageOf(error) })];
    throw new PosthornError('invalid_input', { detail: 'The schema is invalid', errors });
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
