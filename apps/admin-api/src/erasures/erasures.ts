import { setTimeout as sleep } from 'node:timers/promises';
import type { ErasureBody, ErasureResponse } from '@posthorn/contract';
import {
  type Actor,
  DEFAULT_TENANT_ID,
  encodeId,
  fieldError,
  newId,
  PosthornError,
  SYSTEM_TENANT_ID,
  valueDigest,
} from '@posthorn/core';
import { findErasureStarters, kindOfErasure } from '@posthorn/database/erasures';
import {
  countErasure,
  createErasure as storeErasure,
  type Erasure,
  type ErasureInput,
  findErasure,
  findTenantOfEvent,
  listErasures as readErasures,
  readAcceptedUntil,
} from '@posthorn/database/erasures/prisma';
import { findTenant } from '@posthorn/database/tenants/prisma';
import type { Caller } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { serializePage, timeOrNull } from '../http/page.js';
import { assertChecked } from '../calls/assert-released.js';
import { deleteForGood } from '../tenants/lifecycle.js';
import { resolveTenantId, tenantNotFound, usedTenantOrAll } from '../access/tenancy.js';
import { openReceipt, renewReceipt, sealReceipt } from '../access/erasure-receipt.js';
import type { ErasureDeps } from './deps.js';

/** Pause between two looks at the phase of an erasure, in milliseconds. */
const PHASE_POLL_MS = 50;

/** Only records the erasure; the producers run it. */
export const createErasure: Handler<'createErasure', ErasureDeps> = async ({ caller, actor, body }, deps) => {
  const acceptedUntil = await readAcceptedUntil(deps.prisma);
  const { coversUntil, ...input } = await inputOf(body, caller, deps);
  const isRepeat = coversUntil !== undefined;
  if (body.dryRun)
    return {
      status: 202,
      body: { id: null, total: await countErasure(deps.history, input, deps.payloadKeys) },
    };
  // Otherwise it could hide from the check that the database has lost others.
  assertChecked(deps);
  if (kindOfErasure(input) === 'tenant')
    await deleteForGood({ caller, actor, tenantId: input.tenantId }, deps);
  const started = { ...input, coversUntil: coversUntil ?? acceptedUntil, isRepeat };
  const { id, total } = await store(started, { caller, actor }, deps);
  await deps.quarantine.noteErasure();
  deps.deliveries.wake('producers');
  if (!isRepeat) await pushesErased(id, deps);
  return { status: 202, body: { id: encodeId('erasure', id), total: Number(total) } };
};

/**
 * Waits until the producers have erased the pushes, usually for less than a second: what is published after the call is then not covered. Not
 * for longer than `erasureWaitMs`: without a producer or Redis, the erasure covers what is accepted until they are available.
 */
async function pushesErased(
  id: string,
  { prisma, erasureWaitMs }: Pick<ErasureDeps, 'prisma' | 'erasureWaitMs'>,
): Promise<void> {
  const endsAtMs = performance.now() + erasureWaitMs;
  while (performance.now() < endsAtMs) {
    const erasure = await findErasure(prisma, { id, tenantId: null });
    if (erasure?.status !== 'running' || erasure.phase !== 'pushes') return;
    await sleep(PHASE_POLL_MS);
  }
}

export const listErasures: Handler<'listErasures', ErasureDeps> = async ({ caller, query }, deps) => {
  const { prisma } = deps;
  const tenantId = await usedTenantOrAll(prisma, caller, query.tenantId);
  const page = await readErasures(prisma, { ...query, tenantId }, query);
  const serialize = await serializerFor(page.items, caller, deps);
  return { status: 200, body: serializePage(page, serialize) };
};

export const getErasure: Handler<'getErasure', ErasureDeps> = async ({ caller, params }, deps) => {
  const erasure = await findErasure(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!erasure) throw new PosthornError('not_found', { detail: 'Erasure not found' });
  const serialize = await serializerFor([erasure], caller, deps);
  return { status: 200, body: serialize(erasure) };
};

/** Without `coversUntil`: everything up to now. */
type Input = ErasureInput & { coversUntil?: Date };

async function inputOf(body: ErasureBody, caller: Caller, deps: ErasureDeps): Promise<Input> {
  const { eventId, key, value, receipt } = body;
  if (receipt !== undefined) return ofReceipt(receipt, caller, deps);
  if (eventId !== undefined) {
    const tenantId = await tenantOfEvent(eventId, caller.tenantId, deps);
    return { tenantId, eventId, pointer: null, digest: null };
  }
  const tenantId = resolveTenantId(caller, body.tenantId);
  const input = { tenantId, eventId: null };
  if (key === undefined || value === undefined) {
    assertErasable(tenantId, caller);
    if (!(await findTenant(deps.prisma, tenantId))) throw tenantNotFound();
    return { ...input, pointer: null, digest: null };
  }
  if (!(await findTenant(deps.prisma, tenantId))) throw tenantNotFound();
  const digest = valueDigest(value);
  if (digest === null) throw new PosthornError('invalid_input', { errors: [fieldError('value', 'empty')] });
  return { ...input, pointer: key, digest };
}

/** @throws PosthornError if the tenant of a receipt is not the caller's, or no longer exists */
async function ofReceipt(receipt: string, caller: Caller, deps: ErasureDeps): Promise<Input> {
  const input = openReceipt(receipt, deps.sealer);
  if (caller.tenantId !== null && caller.tenantId !== input.tenantId) throw tenantNotFound();
  if (kindOfErasure(input) === 'tenant') assertErasable(input.tenantId, caller);
  if (!(await findTenant(deps.prisma, input.tenantId))) throw tenantNotFound();
  if (input.eventId !== null) await tenantOfEvent(input.eventId, input.tenantId, deps);
  return input;
}

/** @throws PosthornError if neither the event nor a delivery of it exists */
async function tenantOfEvent(
  id: string,
  tenantId: string | null,
  { prisma }: Pick<ErasureDeps, 'prisma'>,
): Promise<string> {
  const found = await findTenantOfEvent(prisma, { id, tenantId });
  if (found === null) throw new PosthornError('not_found', { detail: 'Event not found' });
  return found;
}

/** @throws PosthornError if a tenant is built in, or the key is of one tenant */
function assertErasable(tenantId: string, caller: Caller): void {
  if (caller.tenantId !== null)
    throw new PosthornError('forbidden', { detail: 'Only a key for all tenants may erase a tenant' });
  if (tenantId === DEFAULT_TENANT_ID || tenantId === SYSTEM_TENANT_ID)
    throw new PosthornError('invalid_state', { detail: 'Not allowed: the tenant is built in' });
}

async function store(
  input: ErasureInput & { coversUntil: Date; isRepeat: boolean },
  { caller, actor }: { caller: Caller; actor: Actor },
  deps: Pick<ErasureDeps, 'change' | 'sealer'>,
): Promise<Erasure> {
  const { isRepeat: _, ...covered } = input;
  const receiptSealed = sealReceipt(covered, deps.sealer);
  const erasure = await deps.change({ caller, resource: input.tenantId }, (prisma) =>
    storeErasure(prisma, { ...input, id: newId(), receiptSealed }, actor),
  );
  if (!erasure)
    throw new PosthornError('invalid_state', {
      detail: 'The tenant was restored, or is purged, in the meantime',
    });
  return erasure;
}

/** Returns the serializer of erasures for a caller. */
async function serializerFor(
  erasures: readonly Erasure[],
  caller: Caller,
  { prisma, sealer }: Pick<ErasureDeps, 'prisma' | 'sealer'>,
): Promise<(erasure: Erasure) => ErasureResponse> {
  const starters = await findErasureStarters(
    prisma,
    erasures.map(({ id }) => id),
  );
  return (erasure) => {
    const starter = starters.get(erasure.id);
    const isHidden = starter?.tenantId === null && caller.tenantId !== null;
    return serializeErasure(erasure, isHidden ? 'operator' : (starter?.name ?? null), sealer);
  };
}

function serializeErasure(
  erasure: Erasure,
  startedByName: string | null,
  sealer: ErasureDeps['sealer'],
): ErasureResponse {
  const { id, tenantId, eventId, pointer, status, phase, total, done, counts, receiptSealed } = erasure;
  return {
    id: encodeId('erasure', id),
    kind: kindOfErasure(erasure),
    tenantId: encodeId('tenant', tenantId),
    eventId: eventId && encodeId('event', eventId),
    key: pointer,
    status,
    phase: status === 'running' ? shownPhase(phase) : null,
    total: Math.max(Number(total), Number(done)),
    done: Number(done),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only numbers are stored
    counts: counts as Record<string, number>,
    coversUntil: erasure.coversUntil.toISOString(),
    error: erasure.error,
    receipt: receiptSealed && renewReceipt(receiptSealed, erasure.coversUntil, sealer),
    startedByName,
    createdAt: erasure.createdAt.toISOString(),
    finishedAt: timeOrNull(erasure.finishedAt),
  };
}

/** The purge of a tenant has a phase for each kind of data. */
const shownPhase = (phase: string): ErasureResponse['phase'] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only phases are stored
  phase.startsWith('purge_') ? 'purge' : (phase as ErasureResponse['phase']);
