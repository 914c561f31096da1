import { MAX_EVENT_BYTES } from '@posthorn/contract';
import { cooperativeYield, errorText, DEFAULT_TENANT_ID, type FieldError, fieldError } from '@posthorn/core';
import type { AcceptRules, FilterResults } from '@posthorn/database/events';
import { createFilterCache, createSchemaValidator, type SchemaValidator } from '@posthorn/rules';
import type { DeferredResult, FailedResult, RejectedResult } from '../events/publish-result.js';
import {
  type CandidateEvent,
  composeEvent,
  type IdentityOptions,
  type PendingEvent,
  type SubmittedCall,
} from '../events/compose-event.js';
import { evaluateFilters, type FilterTiming } from './evaluate-filters.js';
import type { FilterBudget } from './filter-budget.js';
import type { IncomingEvent } from '../events/incoming-event.js';
import { refusalOf } from '../events/key-checks.js';
import { effectiveRetention, type InstallationRetention } from '../events/effective-retention.js';
import { patternMatcher } from '../events/sequenced-events.js';

/** The event to store, its rejection, its deferral to a later batch, or its failure because its key is refused. */
type EvaluatedEvent = CandidateEvent | RejectedResult | DeferredResult | FailedResult;

const DEFERRED_AS_COSTLY: DeferredResult = { status: 'deferred', queue: 'costly' };
const DEFERRED_AS_ORDERED: DeferredResult = { status: 'deferred', queue: 'ordered' };

/** A batch evaluated against its rules. */
export interface Evaluation {
  /** One for each event, in the order of the batch. */
  results: EvaluatedEvent[];
  /** The events among the results. */
  candidates: CandidateEvent[];
  /** The filters that the candidates match. */
  filterResults: FilterResults;
  filterTimings: FilterTiming[];
}

export const isCandidate = (event: EvaluatedEvent): event is CandidateEvent => !('status' in event);

/** Returns the events of a batch that are candidates. */
export const storedOf = (
  batch: readonly PendingEvent[],
  { results }: Pick<Evaluation, 'results'>,
): PendingEvent[] =>
  batch.filter((_event, index) => {
    const result = results[index];
    return result !== undefined && isCandidate(result);
  });

interface EvaluatorOptions {
  budget: FilterBudget;
  /** Whether the events of a call keep their order. If not, events for webhooks that number their deliveries are deferred. */
  isOrdered: boolean;
  /** Of the installation. Shorter retentions of tenants and types apply. */
  retention: InstallationRetention;
}

/**
 * Creates a function that evaluates batches and caches compiled schemas and filters. It yields to the event loop, and defers
 * the events of tenants whose filters exceed the budget.
 */
export function createEvaluator({ budget, isOrdered, retention }: EvaluatorOptions) {
  const validateSchema = createSchemaValidator();
  const filterOf = createFilterCache();
  const deferred = isOrdered ? DEFERRED_AS_ORDERED : DEFERRED_AS_COSTLY;

  return async (
    batch: readonly PendingEvent[],
    rules: AcceptRules,
    identity: IdentityOptions,
  ): Promise<Evaluation> => {
    const evaluated: EvaluatedEvent[] = [];
    const context = {
      rules,
      validateSchema,
      identity: { ...identity, keyIds: new Set<string>() },
      retention,
    };
    const isSequenced = patternMatcher(rules.sequenced);
    const yielder = cooperativeYield();
    for (const pending of batch) {
      const result = refusalOf(pending.event) ?? evaluateEvent(pending, context);
      const mustWait = isOrdered ? pending.call.hasDeferred : isSequenced(pending.event);
      evaluated.push(mustWait && isCandidate(result) ? DEFERRED_AS_ORDERED : result);
      if (yielder.tick()) await yielder.yield();
    }
    const filters = await evaluateFilters(evaluated.filter(isCandidate), rules.filtered, {
      filterOf,
      budget,
    });
    const withinBudget = evaluated.map((event) =>
      isCandidate(event) && filters.deferred.has(event) ? deferred : event,
    );
    const results = isOrdered ? deferSuccessors(batch, withinBudget) : withinBudget;
    const candidates = results.filter(isCandidate);
    return { results, candidates, filterResults: filters.results, filterTimings: filters.timings };
  };
}

/** Defers the events that follow a deferred one of their call. */
function deferSuccessors(
  batch: readonly PendingEvent[],
  results: readonly EvaluatedEvent[],
): EvaluatedEvent[] {
  const deferring = new Set<SubmittedCall | undefined>();
  return results.map((result, index) => {
    const call = batch[index]?.call;
    if (isDeferred(result)) deferring.add(call);
    return isCandidate(result) && deferring.has(call) ? DEFERRED_AS_ORDERED : result;
  });
}

const isDeferred = (result: EvaluatedEvent): boolean => 'status' in result && result.status === 'deferred';

/** Marks the calls of deferred events, for later batches. */
export function markDeferring(batch: readonly PendingEvent[], { results }: Evaluation): void {
  for (const [index, { call }] of batch.entries()) {
    const result = results[index];
    if (result && isDeferred(result)) call.hasDeferred = true;
  }
}

interface EvaluationContext {
  rules: AcceptRules;
  validateSchema: SchemaValidator;
  identity: IdentityOptions;
  retention: InstallationRetention;
}

function evaluateEvent(
  pending: PendingEvent,
  { rules, validateSchema, identity, retention }: EvaluationContext,
): CandidateEvent | RejectedResult {
  const { event } = pending;
  const unaccepted = tenantRejection(event, rules);
  if (unaccepted) return unaccepted;
  const schema = rules.schemas.get(event.type);
  const errors = schema ? violations(schema, event, validateSchema) : [];
  const [first] = errors;
  if (first) {
    const message = `The data violates the schema of ${event.type}: ${errorText(first)}`;
    return rejection('schema_violation', message, errors);
  }
  const composed = composeEvent(pending, identity, {
    searchKeys: rules.searchKeys.get(event.type),
    orderingPointer: rules.orderingPointers.get(event.type),
  });
  const candidate = { ...composed, ...effectiveRetention(event, rules, retention) };
  return sizeRejection(Buffer.byteLength(candidate.body), event.maxBytes) ?? candidate;
}

/** Returns the rejection of an event whose tenant is not active, or null. */
function tenantRejection({ tenantId }: IncomingEvent, { tenants }: AcceptRules): RejectedResult | null {
  switch (tenants.get(tenantId)) {
    case 'active':
      return null;
    case 'suspended':
      return rejection('tenant_suspended', 'The tenant is suspended.');
    case 'deleted':
      return rejection('tenant_deleted', 'The tenant is deleted.');
    case undefined:
      return tenantId === DEFAULT_TENANT_ID ? null : rejection('unknown_tenant', 'Tenant not found.');
  }
}

/** Returns the rejection of an event that is too large, or null. */
function sizeRejection(bytes: number, quota = MAX_EVENT_BYTES): RejectedResult | null {
  if (bytes > MAX_EVENT_BYTES)
    return rejection('payload_too_large', `The event is larger than ${MAX_EVENT_BYTES} bytes as JSON.`);
  if (bytes <= quota) return null;
  return rejection(
    'quota_exceeded',
    `The event has ${bytes} bytes as JSON, and the limit of the tenant is ${quota} bytes.`,
  );
}

function rejection(code: RejectedResult['code'], message: string, errors: FieldError[] = []): RejectedResult {
  return { status: 'rejected', code, message, errors };
}

/** Reports an unusable schema, or one that exceeds the work limit, as a violation: events of other types are still accepted. */
function violations(schema: string, { data }: IncomingEvent, validateSchema: SchemaValidator): FieldError[] {
  try {
    return validateSchema(schema, data);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [fieldError('data', 'not_validated', { reason })];
  }
}
