import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '@posthorn/core';
import { z } from 'zod';
import {
  errorCodesOf,
  openApiDocument,
  type OpenApiOperation,
  openApiPath,
  OPERATION_IDS,
  type RouteDefinition,
  ROUTES,
  supportsPreconditions,
} from '../src/index.js';

const document = openApiDocument('1.2.3');

function operationOf({ path, method }: RouteDefinition): OpenApiOperation {
  const operation = document.paths[openApiPath(path)]?.[method];
  if (!operation) throw new Error(`${method} ${path} is not in the document`);
  return operation;
}

describe.each(OPERATION_IDS)('the OpenAPI document of %s', (operationId) => {
  const route: RouteDefinition = ROUTES[operationId];
  const operation = operationOf(route);

  it('lists the accepted scopes', () => {
    expect(operation.operationId).toBe(operationId);
    const scopes = [route.scope ?? []].flat();
    expect(operation['x-scopes']).toEqual(scopes);
    expect(operation.security).toEqual(route.keyInBody ? [] : [{ bearer: [] }, { session: [] }]);
    expect(operation['x-tenancy']).toBe(route.tenancy);
    for (const scope of scopes.flat()) expect(operation.description).toContain(`\`${scope}\``);
  });

  it('lists every status and every error code', () => {
    const codes = errorCodesOf(route);
    const statuses = [
      ...Object.keys(route.responses),
      ...codes.map((code) => String(ERROR_CODES[code].status)),
      '431',
    ];
    expect(Object.keys(operation.responses).toSorted()).toEqual([...new Set(statuses)].toSorted());
    for (const code of codes) {
      const response = operation.responses[String(ERROR_CODES[code].status)];
      expect(response?.description).toContain(code);
      expect(Object.keys(response?.content ?? {})).toEqual(['application/problem+json']);
    }
  });

  it('lists the parameters and the body', () => {
    const parametersIn = (location: string) =>
      (operation.parameters ?? []).filter((parameter) => parameter.in === location).map(({ name }) => name);
    expect(parametersIn('path')).toEqual([...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name));
    expect(parametersIn('query')).toEqual(Object.keys(route.query?.shape ?? {}));
    expect(parametersIn('header')).toEqual([
      ...(route.method === 'post' && route.idempotency !== 'none' ? ['Idempotency-Key'] : []),
      ...(supportsPreconditions(route) ? ['If-Match'] : []),
      ...(supportsPreconditions(route) || (route.hasEntityTag && route.method === 'get')
        ? ['If-None-Match']
        : []),
    ]);
    expect(operation.requestBody?.required).toBe(route.body && !route.bodyOptional);
  });
});

describe('the OpenAPI document', () => {
  it('describes the headers of every response', () => {
    const { headers } = document.components;
    const responses = Object.values(document.paths).flatMap((path) =>
      Object.values(path).flatMap((operation) => Object.entries(operation.responses)),
    );
    for (const [, response] of responses.filter(([each]) => each !== '431')) {
      const references = Object.entries(response.headers ?? {});
      expect(references.map(([name]) => name)).toContain('X-Request-Id');
      for (const [name, { $ref }] of references) {
        expect($ref).toBe(`#/components/headers/${name}`);
        expect(Object.keys(headers)).toContain(name);
      }
    }
  });

  it('names a path with GET as the location of a created resource', () => {
    const paths = OPERATION_IDS.filter((id) => ROUTES[id].method === 'get').map((id) =>
      ROUTES[id].path.replaceAll(/:\w+/g, '*'),
    );
    for (const id of OPERATION_IDS) {
      const { location } = (ROUTES[id] as RouteDefinition).responses[201] ?? {};
      if (location) expect(paths).toContain(location.replaceAll(/\{[\w.]+\}/g, '*'));
    }
  });

  it('accepts a merge patch as the body of each PATCH', () => {
    const types = OPERATION_IDS.map((id): RouteDefinition => ROUTES[id])
      .filter(({ method }) => method === 'patch')
      .map((route) => Object.keys(operationOf(route).requestBody?.content ?? {}));
    expect(types.length).toBeGreaterThan(1);
    for (const each of types) expect(each).toEqual(['application/json', 'application/merge-patch+json']);
  });

  it('is OpenAPI 3.1, has the given version and requires a bearer token', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { version: '1.2.3' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    });
  });

  it('contains every schema it refers to', () => {
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    const names = new Set([...references].map(([, name]) => name));
    expect(names.size).toBeGreaterThan(20);
    for (const name of names) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it('names every schema that generated code would have to name', () => {
    const unnamed = schemasIn(document, '').filter(
      ({ path, schema }) => !/^\/components\/schemas\/\w+$/.test(path) && (schema.properties ?? schema.enum),
    );
    expect(unnamed.map(({ path }) => path)).toEqual([]);
  });

  it('has no default that is an object: generators write it as a literal', () => {
    const withDefault = schemasIn(document, '').filter(({ schema }) => isObject(schema['default']));
    expect(withDefault.map(({ path }) => path)).toEqual([]);
  });

  it('names each value of an enumeration differently from all others: Go has one namespace', () => {
    const { schemas } = document.components;
    const enums = Object.entries(schemas).filter(([, schema]) => schema.enum);
    const names = enums.flatMap(([, schema]) => z.array(z.string()).parse(schema['x-enum-varnames']));
    expect(enums.length).toBeGreaterThan(20);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name))).toEqual([]);
    expect(schemas['WebhookStatus']).toMatchObject({
      enum: ['pending_validation', 'active', 'suspended'],
      'x-enum-varnames': [
        'WEBHOOK_STATUS_PENDING_VALIDATION',
        'WEBHOOK_STATUS_ACTIVE',
        'WEBHOOK_STATUS_SUSPENDED',
      ],
    });
  });

  it('names no schema like a function that a generator makes of another one: Go has `NewWebhook` for `Webhook`', () => {
    const names = Object.keys(document.components.schemas);
    const generated = new Set(
      names.flatMap((name) => [`New${name}`, `New${name}WithDefaults`, `Nullable${name}`]),
    );
    expect(names.filter((name) => generated.has(name))).toEqual([]);
  });

  it('accepts null with anyOf', () => {
    const { CreateWebhook, Webhook } = document.components.schemas;
    expect(Webhook?.properties).toMatchObject({
      rateLimit: { anyOf: [{ $ref: '#/components/schemas/RateLimit' }, { type: 'null' }] },
      pendingUrl: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    });
    expect(CreateWebhook?.properties?.['timeoutMs']).toEqual({
      description: expect.stringContaining('milliseconds'),
      anyOf: [{ type: 'integer', minimum: 1000, maximum: 30_000 }, { type: 'null' }],
    });
    expect(schemasIn(document, '').filter(({ schema }) => Array.isArray(schema.type))).toEqual([]);
  });

  it('describes which texts and headers are accepted', () => {
    const { CreateTenant, CreateWebhook } = document.components.schemas;
    const name = patternOf(CreateTenant?.properties?.['name']);
    expect([' a ', 'a', ' ', '', 'a\0'].map((text) => name.test(text))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(CreateWebhook?.properties?.['headers']).toMatchObject({
      anyOf: [{ maxProperties: 20, propertyNames: { pattern: expect.any(String) } }, { type: 'null' }],
    });
  });
});

/** Returns every object of the document that may be a schema, except examples. */
function schemasIn(value: unknown, path: string): { path: string; schema: Record<string, unknown> }[] {
  if (!isObject(value) || /\/(?:examples?|default)$/.test(path)) return [];
  return [
    { path, schema: value },
    ...Object.entries(value).flatMap(([name, inner]) => schemasIn(inner, `${path}/${name}`)),
  ];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const patternOf = (schema: unknown) => new RegExp(z.object({ pattern: z.string() }).parse(schema).pattern);
