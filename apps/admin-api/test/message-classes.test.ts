import { describe, expect, it } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import express from 'express';
import { messageClasses } from '../src/http/message-classes.js';

describe('message classes', () => {
  it('have the prototypes of Express and remain instances of the Node classes', () => {
    const app = express();
    const own = { request: app.request, response: app.response };
    const classes = messageClasses(app);
    const request = new classes.IncomingMessage!(new Socket());
    const response = new classes.ServerResponse!(request);
    expect(Object.getPrototypeOf(request)).toBe(app.request);
    expect(Object.getPrototypeOf(response)).toBe(app.response);
    expect(own.request).toBe(Object.getPrototypeOf(app.request));
    expect(own.response).toBe(Object.getPrototypeOf(app.response));
    expect(request).toBeInstanceOf(IncomingMessage);
    expect(response).toBeInstanceOf(ServerResponse);
    expect([app.request.app, app.response.app]).toEqual([app, app]);
  });
});
