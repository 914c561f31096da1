import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Deadline, type Part } from '@posthorn/core';
import { Counter, Registry, serveHealth } from '../src/index.js';

let health: Part | undefined;
afterEach(async () => {
  await health?.stop(new Deadline(0));
  health = undefined;
});

async function freePort(): Promise<number> {
  const listening = createServer().listen(0);
  const { port } = listening.address() as AddressInfo;
  await new Promise((resolve) => {
    listening.close(resolve);
  });
  return port;
}

const AVAILABLE = { postgresql: () => Promise.resolve(), redis: () => Promise.resolve() };

interface Options {
  metricsToken?: string;
  servers?: Parameters<typeof serveHealth>[0]['servers'];
}

/** Returns the URL. Another process may take a free port before it is used: then it tries another one. */
async function start({ metricsToken, servers = AVAILABLE }: Options = {}, attempts = 3): Promise<string> {
  const registry = new Registry();
  new Counter({ name: 'test_total', help: 'A test', registers: [registry] }).inc();
  const config = { healthPort: await freePort(), metricsToken: metricsToken ?? null };
  try {
    health = await serveHealth({ config, registry, servers });
    return `http://127.0.0.1:${config.healthPort}`;
  } catch (error) {
    if (attempts === 1) throw error;
    return start({ ...(metricsToken !== undefined && { metricsToken }), servers }, attempts - 1);
  }
}

const get = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers: { ...headers, connection: 'close' } });
  return { status: response.status, body: await response.text() };
};

describe('the health server', () => {
  it('responds 200 to /healthz and, when the process is ready, to /readyz', async () => {
    const url = await start();
    expect(await get(`${url}/healthz`)).toEqual({ status: 200, body: 'ok\n' });
    expect(await get(`${url}/readyz`)).toEqual({ status: 200, body: 'ok\n' });
  });

  it('responds 503 to /readyz when the process is not ready, without the reason', async () => {
    const url = await start({
      servers: { ...AVAILABLE, redis: () => Promise.reject(new Error('redis://:hidden@r')) },
    });
    expect(await get(`${url}/readyz`)).toEqual({ status: 503, body: 'unavailable\n' });
    expect((await get(`${url}/healthz`)).status).toBe(200);
  });

  it('responds 503 to /readyz when PostgreSQL or Redis does not respond', async () => {
    const url = await start({ servers: { ...AVAILABLE, postgresql: () => new Promise(() => {}) } });
    expect((await get(`${url}/readyz`)).status).toBe(503);
  });

  it('serves /metrics without authentication when no token is set', async () => {
    const url = await start();
    expect(await get(`${url}/metrics`)).toEqual({
      status: 200,
      body: expect.stringContaining('test_total 1'),
    });
  });

  it('requires the token for /metrics when one is set', async () => {
    const url = await start({ metricsToken: 't0ken' });
    expect((await get(`${url}/metrics`)).status).toBe(401);
    expect((await get(`${url}/metrics`, { authorization: 'Bearer other' })).status).toBe(401);
    expect((await get(`${url}/metrics`, { authorization: 'Bearer t0ken' })).status).toBe(200);
  });

  it('responds 404 to other paths', async () => {
    expect((await get(`${await start()}/admin`)).status).toBe(404);
  });
});

const sockets = () => process.getActiveResourcesInfo().filter((type) => type === 'TCPServerWrap').length;

describe('the health of a service', () => {
  let redisDown = false;
  const servers = {
    postgresql: () => Promise.resolve(),
    redis: () => (redisDown ? Promise.reject(new Error('unavailable')) : Promise.resolve()),
  };

  it('is not served when the port is 0', async () => {
    const config = { healthPort: 0, metricsToken: null };
    const before = sockets();
    health = await serveHealth({ config, registry: new Registry(), servers });
    expect(sockets()).toBe(before);
  });

  it('is ready while every server is available', async () => {
    const url = await start({ servers });
    expect((await get(`${url}/readyz`)).status).toBe(200);
    redisDown = true;
    expect((await get(`${url}/readyz`)).status).toBe(503);
    const { body } = await get(`${url}/metrics`);
    expect(body).toContain('posthorn_server_up{server="postgresql"} 1');
    expect(body).toContain('posthorn_server_up{server="redis"} 0');
  });
});
