import type { Client } from 'openapi-fetch';
import { unexpectedResponse } from './error.js';
import type { paths } from './generated/api.js';
import { Listing, type Page } from './listing.js';

/** Options of one call, besides its input. */
export interface CallOptions {
  /** Cancels the call, including its pending retries. */
  signal?: AbortSignal;
  /** The `Idempotency-Key` of a POST. Default: a random key per call. Pass your own to repeat a call safely after a restart. */
  idempotencyKey?: string;
  /** The `etagOf` a webhook or tenant: a change fails with `precondition_failed` if it has been changed since. */
  ifMatch?: string | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set([
  'signal',
  'idempotencyKey',
  'ifMatch',
] satisfies (keyof CallOptions)[]);

const tags = new WeakMap<object, string>();

/** Returns the entity tag of a webhook or tenant that a call of this client returned, for `ifMatch`. */
export const etagOf = (resource: object): string | undefined => tags.get(resource);

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Paths of the API that support the method `M`. */
type PathsWith<M extends Method> = {
  [Path in keyof paths]: paths[Path] extends Record<M, object> ? Path : never;
}[keyof paths];

/** The type of the property `Key`, or never if there is none. */
type At<T, Key extends PropertyKey> = T extends { [K in Key]?: infer Value }
  ? Exclude<Value, undefined>
  : never;

type JsonOf<T> = At<At<T, 'content'>, 'application/json'>;

type ResponseOf<Operation> = JsonOf<At<At<Operation, 'responses'>, 200 | 201 | 202>>;

type ParametersOf<Operation> = At<Operation, 'parameters'>;

/** The query of a GET, the request body of the others. */
type InputOf<M extends Method, Operation> = M extends 'get'
  ? At<ParametersOf<Operation>, 'query'>
  : JsonOf<At<Operation, 'requestBody'>>;

type PathOf<Operation> = At<ParametersOf<Operation>, 'path'>;

type PathArguments<Operation> = [PathOf<Operation>] extends [never]
  ? []
  : PathOf<Operation> extends { id: string }
    ? [Exclude<keyof PathOf<Operation>, 'id'>] extends [never]
      ? [id: string]
      : [id: string, innerId: string]
    : [id: string];

type OtherArguments<M extends Method, Operation> = [InputOf<M, Operation>] extends [never]
  ? [options?: CallOptions]
  : Operation extends { requestBody: object } | { parameters: { query: object } }
    ? [input: InputOf<M, Operation>, options?: CallOptions]
    : [input?: InputOf<M, Operation>, options?: CallOptions] | [options: CallOptions];

type Arguments<M extends Method, Operation> = [...PathArguments<Operation>, ...OtherArguments<M, Operation>];

type Result<Operation> = [ResponseOf<Operation>] extends [never] ? void : ResponseOf<Operation>;

/** An API call as a method. */
export type Call<M extends Method, Path extends PathsWith<M>> = (
  ...args: Arguments<M, paths[Path][M]>
) => Promise<Result<paths[Path][M]>>;

type ItemOf<Operation> = ResponseOf<Operation> extends Page<infer Item> ? Item : never;

/** A paginated API list as a method. */
export type List<Path extends PathsWith<'get'>> = (
  ...args: Arguments<'get', paths[Path]['get']>
) => Listing<ItemOf<paths[Path]['get']>>;

/* oxlint-disable typescript/no-unsafe-type-assertion -- only the types above relate arguments to paths */

/** Turns API calls into methods: `post('/v1/webhooks/{id}/suspend')` returns `(id, input?, options?) => …`. */
export function callsOf(client: Client<paths>) {
  const request = client.request as unknown as (
    method: Method,
    path: string,
    init: object,
  ) => Promise<{ data: unknown; response: Response }>;

  async function send(method: Method, path: string, { pathParams, input, options = {} }: CallArguments) {
    const { idempotencyKey, ifMatch, ...init } = options;
    const { data, response } = await request(method, path, {
      ...init,
      params: { path: pathParams, query: method === 'get' ? input : undefined },
      body: method === 'get' || method === 'delete' ? undefined : input,
      headers: { 'Idempotency-Key': parseKey(idempotencyKey), 'If-Match': ifMatch },
    });
    const tag = response.headers.get('etag');
    if (tag !== null && typeof data === 'object' && data !== null) tags.set(data, tag);
    return { data, response };
  }

  const call =
    <M extends Method>(method: M) =>
    <Path extends PathsWith<M>>(path: Path) =>
      (async (...args: unknown[]) => (await send(method, path, parseArguments(path, args))).data) as Call<
        M,
        Path
      >;

  const list = <Path extends PathsWith<'get'>>(path: Path) =>
    ((...args: unknown[]) => {
      const parsed = parseArguments(path, args);
      return new Listing(async (cursor) => {
        const input = cursor === undefined ? parsed.input : { ...parsed.input, cursor };
        const { data, response } = await send('get', path, { ...parsed, input });
        if (!isPage(data)) throw unexpectedResponse(response, JSON.stringify(data));
        return data;
      });
    }) as List<Path>;

  return {
    list,
    get: call('get'),
    post: call('post'),
    put: call('put'),
    patch: call('patch'),
    remove: call('delete'),
  };
}

/** The arguments of a call, independent of its path. */
interface CallArguments {
  pathParams: Record<string, unknown>;
  input: object | undefined;
  options: CallOptions | undefined;
}

const isPage = (data: unknown): data is Page<unknown> => Array.isArray((data as Page<unknown>).data);

function parseArguments(path: string, args: readonly unknown[]): CallArguments {
  const params = Array.from(path.matchAll(/\{(\w+)\}/g), ([, param = '']) => param);
  const ids = args.slice(0, params.length);
  const others = args.slice(params.length) as [object?, CallOptions?];
  const [input, options] = others.length === 1 && isOptions(others[0]) ? [undefined, others[0]] : others;
  const pathParams = Object.fromEntries(params.map((param, index) => [param, ids[index]]));
  return { pathParams, input, options };
}

/** Returns whether an argument is the options. No input that may be absent has a field of these names; an empty object is an input. */
export function isOptions(argument: object = {}): argument is CallOptions {
  const names = Object.keys(argument);
  return names.length > 0 && names.every((name) => OPTION_NAMES.has(name));
}

/** @throws TypeError if the API would reject the key */
function parseKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new TypeError(`Invalid idempotencyKey, which must be 1 to 255 printable ASCII characters: ${key}`);
}
