import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '@posthorn/core';
import { errorCodesOf, openApiDocument, OPERATION_IDS, type RouteDefinition, ROUTES } from '../src/index.js';

const document = openApiDocument('1.2.3');

interface Operation {
  operationId: string;
  description: string;
  security: Record<string, string[]>[];
  'x-tenancy': unknown;
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { required: boolean; content: Record<string, unknown> };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}

function operationOf({ path, method }: RouteDefinition): Operation {
  const item: unknown = document.paths?.[path.replaceAll(/:(\w+)/g, '{$1}')];
  return Reflect.get(item as object, method);
}

describe.each(OPERATION_IDS)('the OpenAPI document of %s', (operationId) => {
  const route: RouteDefinition = ROUTES[operationId];
  const operation = operationOf(route);

  it('lists the accepted scopes', () => {
    expect(operation.operationId).toBe(operationId);
    const roles = [route.scope ?? []].flat();
    const asKey = (name: string) => operation.security.flatMap((scheme) => scheme[name] ?? []);
    expect([asKey('bearer'), asKey('session')]).toEqual([roles, roles]);
    expect(operation.security.length > 0).toBe(!route.keyInBody);
    expect(operation['x-tenancy']).toBe(route.tenancy);
    for (const scope of roles) expect(operation.description).toContain(`\`${scope}\``);
  });

  it('lists every status and every error code', () => {
    const codes = errorCodesOf(route);
    const statuses = [
      ...Object.keys(route.responses),
      ...codes.map((code) => String(ERROR_CODES[code].status)),
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
    expect(parametersIn('header')).toEqual(
      route.method === 'post' && route.idempotency !== 'none' ? ['Idempotency-Key'] : [],
    );
    expect(operation.requestBody?.required).toBe(route.body && !route.bodyOptional);
  });
});

describe('the OpenAPI document', () => {
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
    for (const name of names) expect(Object.keys(document.components?.schemas ?? {})).toContain(name);
  });
});
