import { isJsonObject, type RouteDefinition } from '@posthorn/contract';
import type { ApiResponse } from './api-response.js';

/** Adds the path of the created resource to a 201 response. */
export function withLocation(route: RouteDefinition, response: ApiResponse): ApiResponse {
  const template = route.responses[response.status]?.location;
  if (template === undefined) return response;
  const { body } = response;
  const location = template.replaceAll(/\{([\w.]+)\}/g, (_match, path: string) =>
    encodeURIComponent(String(memberAt(body, path))),
  );
  return { ...response, headers: { ...response.headers, location } };
}

const memberAt = (body: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), body);
