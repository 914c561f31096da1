import type { Request } from 'express';
import {
  countStructuralCharacters,
  MAX_BODY_BYTES,
  MAX_STRUCTURAL_CHARACTERS,
  mediaTypesOf,
  type RouteDefinition,
} from '@posthorn/contract';
import {
  type FieldError,
  inexactNumber,
  PosthornError,
  type Reservation,
  type Reserved,
  fieldError,
  reason,
} from '@posthorn/core';
import { memoryBytesOf } from './body-limits.js';
import { createTurns } from './turns.js';
import { receiveBytes, type UploadSpeed } from './receive-bytes.js';

/** Maximum number of structural characters of a body that is parsed and validated within a few milliseconds. */
const MAX_QUICK_PARSE_CHARACTERS = 5000;

/** Larger bodies are parsed one at a time, each in its own turn of the event loop. */
const parseTurn = createTurns();

export interface Body {
  raw: Buffer;
  /** The body, decoded. Empty without a body. */
  text: string;
  /** The body, parsed. */
  json: unknown;
  /** The errors that are found without its schema. */
  errors: FieldError[];
}

/**
 * Returns a function that reads the JSON body of requests to `route`. It reserves the memory of the body before it receives
 * it, and again before it parses it. The caller releases the reservation when the request has been handled.
 */
export function bodyReader(
  route: RouteDefinition,
  slowestUpload: UploadSpeed,
): (request: Request, reservation: Reservation) => Promise<Body> {
  const mediaTypes = mediaTypesOf(route);
  const limitBytes = route.maxBodyBytes ?? MAX_BODY_BYTES;

  function reserve(reservation: Reservation, bytes: number, structuralCharacters = 0): void {
    if (bytes > limitBytes)
      throw new PosthornError('payload_too_large', { reason: reason('body_too_large', { max: limitBytes }) });
    assertReserved(reservation.resize(memoryBytesOf({ bytes, structuralCharacters })));
  }

  return async (request, reservation) => {
    if (!hasBody(request) && route.bodyOptional)
      return { raw: Buffer.alloc(0), text: '', json: {}, errors: [] };
    if (!hasBody(request)) throw new PosthornError('invalid_json', { detail: 'A JSON body is required' });
    assertJson(request, mediaTypes);
    const declared = Number(request.headers['content-length'] ?? 0);
    reserve(reservation, declared);
    const raw = await receiveBytes(request, {
      onBytes: (length) => reserve(reservation, Math.max(length, declared)),
      slowest: slowestUpload,
    });
    const count = countOrThrow(raw);
    reserve(reservation, raw.length, count);
    if (count > MAX_QUICK_PARSE_CHARACTERS) await parseTurn();
    const parsed = parseJson(raw);
    const errors = route.passesText ? [] : inexactNumberErrors(parsed.text);
    return { raw, ...parsed, errors };
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** @throws PosthornError if the body is not uncompressed JSON */
function assertJson({ headers }: Request, mediaTypes: readonly string[]): void {
  if (!isJson(headers['content-type'], mediaTypes)) throw new PosthornError('unsupported_media_type');
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw new PosthornError('unsupported_media_type', { detail: 'The body must not be compressed' });
  }
}

/** Returns whether the type is one of `mediaTypes`. RFC 8259 allows only UTF-8 as charset. */
function isJson(contentType: string | undefined, mediaTypes: readonly string[]): boolean {
  if (contentType === undefined) return false;
  if (contentType === 'application/json') return true;
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  return (
    mediaTypes.includes(mediaType.trim()) &&
    (charset === undefined || ['charset=utf-8', 'charset="utf-8"'].includes(charset))
  );
}

function countOrThrow(raw: Buffer): number {
  const count = countStructuralCharacters(raw);
  if (count <= MAX_STRUCTURAL_CHARACTERS) return count;
  throw new PosthornError('payload_too_large', {
    detail: `The body must not have more than ${MAX_STRUCTURAL_CHARACTERS} of the characters { [ , :`,
  });
}

function assertReserved(reserved: Reserved): void {
  switch (reserved) {
    case 'reserved':
      return;
    case 'owner_exceeded':
      throw new PosthornError('unavailable', {
        detail: 'Too much data of this tenant is being received or processed. Retry shortly.',
      });
    case 'total_exceeded':
      throw new PosthornError('unavailable', {
        detail: 'Too much data is being received or processed. Retry shortly.',
      });
  }
}

/** Maximum number of digits of a number in an error. The number itself may be as long as the body. */
const MAX_SHOWN_DIGITS = 40;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes strictly: invalid UTF-8 must not be repaired silently. */
function parseJson(raw: Buffer): Pick<Body, 'text' | 'json'> {
  try {
    const text = utf8.decode(raw);
    return { text, json: JSON.parse(text) };
  } catch (error) {
    throw new PosthornError('invalid_json', { cause: error });
  }
}

/** Numbers must not be changed silently. */
function inexactNumberErrors(json: string): FieldError[] {
  const inexact = inexactNumber(json);
  if (inexact === undefined) return [];
  const number = inexact.slice(0, MAX_SHOWN_DIGITS);
  return [fieldError('', 'inexact_number', { number })];
}
