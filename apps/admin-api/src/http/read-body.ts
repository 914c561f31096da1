import express, { type Request, type RequestHandler, type Response } from 'express';
import { MAX_BODY_BYTES, type RouteDefinition } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';

export interface Body {
  raw: Buffer;
  json: unknown;
}

/** Returns a function that reads the JSON body of requests to `route`. */
export function bodyReader(route: RouteDefinition): (request: Request, response: Response) => Promise<Body> {
  const readRaw = rawReader(route.maxBodyBytes ?? MAX_BODY_BYTES);
  return async (request, response) => {
    if (!hasBody(request) && route.bodyOptional) return { raw: Buffer.alloc(0), json: {} };
    if (!hasBody(request)) throw new PosthornError('invalid_json', { detail: 'A JSON body is required' });
    if (!isJson(request.headers['content-type'])) throw new PosthornError('unsupported_media_type');
    const raw = await readRaw(request, response);
    return { raw, json: parseJson(raw) };
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Returns whether the type is `application/json`. RFC 8259 allows only UTF-8 as charset. */
function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  if (contentType === 'application/json') return true;
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  return (
    mediaType.trim() === 'application/json' &&
    (charset === undefined || ['charset=utf-8', 'charset="utf-8"'].includes(charset))
  );
}

/** Reads the raw bytes: they are part of the idempotency fingerprint, and invalid UTF-8 must not be repaired silently. */
function rawReader(limit: number): (request: Request, response: Response) => Promise<Buffer> {
  const parse: RequestHandler = express.raw({ type: () => true, limit, inflate: false });
  return (request, response) =>
    new Promise((resolve, reject) => {
      void parse(request, response, (error?: unknown) => {
        if (error === undefined) resolve(request.body);
        else reject(error);
      });
    });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(raw));
  } catch (error) {
    throw new PosthornError('invalid_json', { cause: error });
  }
}
