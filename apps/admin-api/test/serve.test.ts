import { describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import express, { type RequestHandler } from 'express';
import { Deadline } from '@posthorn/core';
import { serve } from '../src/serve.js';

const HOST = '127.0.0.1';

const appWith = (handler: RequestHandler) => express().use(handler);

describe('serve', () => {
  it('reports a port in use in one line', async () => {
    const first = await serve(express(), { port: 0, host: HOST });
    const second = serve(express(), { port: first.port, host: HOST });
    const outcome = await second.then(() => 'listening', String);
    await first.stop();
    expect(outcome).toBe(`Error: port ${first.port} is in use: set POSTHORN_PORT to another port`);
  });

  it('finishes requests in flight and closes idle connections when stopped', async () => {
    const requests = new EventEmitter();
    const server = await serve(
      appWith((_request, response) => void requests.emit('request', response)),
      { port: 0, host: HOST },
    );
    const agent = new Agent({ keepAlive: true });
    const request = () => get({ host: HOST, port: server.port, agent });
    const slow = request();
    const [waiting] = await once(requests, 'request');
    const quick = request();
    const [atOnce] = await once(requests, 'request');
    atOnce.end('at once');
    const [idle] = await once(quick, 'response');
    idle.resume();
    await once(idle, 'end');

    const stopped = server.stop();
    waiting.end('late');
    const [received] = await once(slow, 'response');
    expect(received.statusCode).toBe(200);
    received.resume();
    await stopped;
    await expect(once(request(), 'response')).rejects.toThrow();
    agent.destroy();
  });

  it('serves requests while it drains, and asks clients to close their connections', async () => {
    const server = await serve(
      appWith((_request, response) => void response.end('done')),
      { port: 0, host: HOST, drainMs: 500 },
    );
    const agent = new Agent({ keepAlive: true });
    const request = async (): Promise<IncomingMessage> => {
      const [received] = await once(get({ host: HOST, port: server.port, agent }), 'response');
      received.resume();
      await once(received, 'end');
      return received;
    };
    expect((await request()).headers.connection).toBe('keep-alive');

    let stopped = false;
    const stop = server.stop().then(() => (stopped = true));
    const draining = await request();
    expect(draining.statusCode).toBe(200);
    expect(draining.headers.connection).toBe('close');
    expect(stopped).toBe(false);
    await stop;
    await expect(request()).rejects.toThrow('ECONNREFUSED');
    agent.destroy();
  });

  it('closes connections that have never sent a request, which clients open in advance', async () => {
    const server = await serve(express(), { port: 0, host: HOST });
    const unused = connect(server.port, HOST);
    const closed = once(unused, 'close');
    unused.resume();
    await once(unused, 'connect');
    await server.stop(new Deadline(3_600_000));
    await closed;
  });

  it('cuts off requests that do not end before the deadline', async () => {
    const requests = new EventEmitter();
    const server = await serve(
      appWith(() => void requests.emit('request')),
      { port: 0, host: HOST, drainMs: 3_600_000 },
    );
    const hanging = get({ host: HOST, port: server.port });
    const cut = expect(once(hanging, 'response')).rejects.toThrow('socket hang up');
    await once(requests, 'request');
    await Promise.all([server.stop(new Deadline(300)), server.stop(new Deadline(300))]);
    await cut;
  });
});
