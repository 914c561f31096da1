import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '@posthorn/core';
import { Counter, type HealthServer, Registry, serveHealth, startHealthServer } from '../src/index.js';

let server: HealthServer | undefined;

afterEach(() => server?.stop());

async function start(options: { metricsToken?: string; ready?: () => Promise<void> } = {}): Promise<string> {
  const registry = new Registry();
  new Counter({ name: 'test_total', help: 'A test', registers: [registry] }).inc();
  server = await startHealthServer({
    port: 0,
    registry,
    metricsToken: options.metricsToken ?? null,
    ready: options.ready ?? (() => Promise.resolve()),
  });
  return `http://127.0.0.1:${server.port}`;
}

const get = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers: { ...headers, connection: 'close' } });
  return { status: response.status, body: await response.text() };
};

describe('the health server', () => {
  it('answers /healthz always and /readyz when the process can work', async () => {
    const url = await start();
    expect(await get(`${url}/healthz`)).toEqual({ status: 200, body: 'ok\n' });
    expect(await get(`${url}/readyz`)).toEqual({ status: 200, body: 'ok\n' });
  });

  it('answers 503 to /readyz when the process cannot work, without the reason', async () => {
    const url = await start({ ready: () => Promise.reject(new Error('redis://:hidden@r')) });
    expect(await get(`${url}/readyz`)).toEqual({ status: 503, body: 'unavailable\n' });
    expect((await get(`${url}/healthz`)).status).toBe(200);
  });

  it('answers 503 to /readyz within seconds when PostgreSQL or Redis say nothing', async () => {
    const url = await start({ ready: () => new Promise(() => {}) });
    const startedAt = performance.now();
    expect((await get(`${url}/readyz`)).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  it('gives metrics to everybody when no token is set', async () => {
    const url = await start();
    expect(await get(`${url}/metrics`)).toEqual({
      status: 200,
      body: expect.stringContaining('test_total 1'),
    });
  });

  it('gives metrics only to who has the token', async () => {
    const url = await start({ metricsToken: 't0ken' });
    expect((await get(`${url}/metrics`)).status).toBe(401);
    expect((await get(`${url}/metrics`, { authorization: 'Bearer other' })).status).toBe(401);
    expect((await get(`${url}/metrics`, { authorization: 'Bearer t0ken' })).status).toBe(200);
  });

  it('has nothing else', async () => {
    expect((await get(`${await start()}/admin`)).status).toBe(404);
  });
});

describe('the health of a service', () => {
  let lost = false;
  const servers = {
    postgresql: () => Promise.resolve(),
    redis: () => (lost ? Promise.reject(new Error('away')) : Promise.resolve()),
  };

  it('is not served where the configuration wants none', async () => {
    const config = { healthPort: 0, metricsToken: null };
    const health = await serveHealth({ config, registry: new Registry(), servers });
    expect(health).not.toHaveProperty('port');
    await health.stop(new Deadline(0));
  });

  it('is ready while all that it needs is there', async () => {
    const listening = createServer().listen(0);
    const { port } = listening.address() as AddressInfo;
    await new Promise((resolve) => {
      listening.close(resolve);
    });
    const config = { healthPort: port, metricsToken: null };
    const health = await serveHealth({ config, registry: new Registry(), servers });
    const url = `http://127.0.0.1:${port}`;
    expect((await get(`${url}/readyz`)).status).toBe(200);
    lost = true;
    expect((await get(`${url}/readyz`)).status).toBe(503);
    const { body } = await get(`${url}/metrics`);
    expect(body).toContain('posthorn_server_up{server="postgresql"} 1');
    expect(body).toContain('posthorn_server_up{server="redis"} 0');
    await health.stop(new Deadline(0));
  });
});
