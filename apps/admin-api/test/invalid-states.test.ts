import { describe, expect, it } from '@jest/globals';
import { type ApiResponse, createActiveWebhook, validateWebhook } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const post = (id: string, path: string, body?: unknown) => api.admin.post(`/v1/webhooks/${id}/${path}`, body);

const COMMANDS: Record<string, (id: string) => Promise<ApiResponse>> = {
  get: (id) => api.admin.get(`/v1/webhooks/${id}`),
  patch: (id) => api.admin.patch(`/v1/webhooks/${id}`, { description: 'new' }),
  validation: (id) => post(id, 'validation'),
  confirm: (id) => post(id, 'validation/confirm', { code: 'WRONG234' }),
  test: (id) => post(id, 'test', { eventType: 'a.b' }),
  rotate: (id) => post(id, 'secrets/rotate'),
  suspend: (id) => post(id, 'suspend'),
  reactivate: (id) => post(id, 'reactivate'),
  replay: (id) => post(id, 'replay', { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }),
  delete: (id) => api.admin.delete(`/v1/webhooks/${id}`),
};

const STATES: Record<string, () => Promise<string>> = {
  pending_validation: async () => (await createWebhook(api.admin, receiver)).id,
  active: async () => (await createActiveWebhook(api.admin, receiver)).id,
  'active, moving': async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}next` });
    return id;
  },
  suspended: async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    await post(id, 'suspend');
    return id;
  },
  deleted: async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await api.admin.delete(`/v1/webhooks/${id}`);
    return id;
  },
};

/** Status per state and command: 422 for a missing code, 409 if the state forbids the command. */
const EXPECTED: Record<string, Record<string, number>> = {
  pending_validation: {
    get: 200,
    patch: 200,
    validation: 200,
    confirm: 422,
    test: 409,
    rotate: 200,
    suspend: 409,
    reactivate: 409,
    replay: 409,
    delete: 204,
  },
  active: {
    get: 200,
    patch: 200,
    validation: 409,
    confirm: 409,
    test: 200,
    rotate: 200,
    suspend: 200,
    reactivate: 409,
    replay: 202,
    delete: 204,
  },
  'active, moving': {
    get: 200,
    patch: 200,
    validation: 200,
    confirm: 422,
    test: 200,
    rotate: 200,
    suspend: 200,
    reactivate: 409,
    replay: 202,
    delete: 204,
  },
  suspended: {
    get: 200,
    patch: 200,
    validation: 409,
    confirm: 409,
    test: 409,
    rotate: 200,
    suspend: 409,
    reactivate: 200,
    replay: 409,
    delete: 204,
  },
  deleted: {
    get: 404,
    patch: 404,
    validation: 404,
    confirm: 404,
    test: 404,
    rotate: 404,
    suspend: 404,
    reactivate: 404,
    replay: 404,
    delete: 404,
  },
};

/** Commands that change the state if they are accepted. Each accepted one gets a new webhook. */
const CHANGING = new Set(['validation', 'suspend', 'reactivate', 'delete']);

describe.each(Object.entries(STATES))('a webhook that is %s', (state, make) => {
  it('accepts or rejects every command according to its state', async () => {
    const shared = await make();
    const responses: Record<string, ApiResponse> = {};
    for (const [name, command] of Object.entries(COMMANDS)) {
      const isAccepted = (EXPECTED[state]?.[name] ?? 0) < 300;
      responses[name] = await command(CHANGING.has(name) && isAccepted ? await make() : shared);
    }
    expect(Object.fromEntries(Object.entries(responses).map(([name, { status }]) => [name, status]))).toEqual(
      EXPECTED[state],
    );
    for (const { status, body } of Object.values(responses)) {
      if (status !== 409) continue;
      const present = state.split(',')[0];
      expect(body).toMatchObject({ code: 'invalid_state', webhookStatus: present });
      expect(body.detail).toContain(present);
    }
  });
});

describe('concurrent commands', () => {
  it('suspend a webhook once', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    const responses = await Promise.all([post(id, 'suspend'), post(id, 'suspend'), post(id, 'suspend')]);
    expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
  });

  it('raise the epoch with each suspend and reactivate', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await validateWebhook(api.admin, receiver, id);
    await post(id, 'suspend');
    await post(id, 'reactivate');
    const { rows } = await api.deps.pool.query(
      'SELECT epoch, active_since, validated_at FROM webhook WHERE status = $1 ORDER BY id DESC LIMIT 1',
      ['active'],
    );
    expect(rows[0].epoch).toBe(2);
    expect(rows[0].active_since.getTime()).toBeGreaterThan(rows[0].validated_at.getTime());
  });
});
