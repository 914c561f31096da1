import type { Client } from 'openapi-fetch';
import type { paths } from './generated/api.js';
import { Listing, type Page } from './listing.js';

/** How one call is made, beside what it says. */
export interface CallOptions {
  /** Gives the call up. */
  signal?: AbortSignal;
  /** For a POST, in place of the key that is made for each call: for a call that is made again after a restart. */
  idempotencyKey?: string;
}

type Method = 'get' | 'post' | 'patch' | 'delete';

/** The paths of the API that have this method. */
type PathsWith<M extends Method> = {
  [Path in keyof paths]: paths[Path] extends Record<M, object> ? Path : never;
}[keyof paths];

/** What is at `Key`; never, when there is nothing. */
type At<T, Key extends PropertyKey> = T extends { [K in Key]?: infer Value }
  ? Exclude<Value, undefined>
  : never;

type JsonOf<T> = At<At<T, 'content'>, 'application/json'>;

type AnswerOf<Operation> = JsonOf<At<At<Operation, 'responses'>, 200 | 201 | 202>>;

type ParametersOf<Operation> = At<Operation, 'parameters'>;

/** The body, or the query of a call that has no body. */
type InputOf<Operation> = JsonOf<At<Operation, 'requestBody'>> | At<ParametersOf<Operation>, 'query'>;

type PathArguments<Operation> = [At<ParametersOf<Operation>, 'path'>] extends [never] ? [] : [id: string];

type InputArguments<Operation> = [InputOf<Operation>] extends [never]
  ? [input?: undefined]
  : Operation extends { requestBody: object } | { parameters: { query: object } }
    ? [input: InputOf<Operation>]
    : [input?: InputOf<Operation>];

type Arguments<Operation> = [
  ...PathArguments<Operation>,
  ...InputArguments<Operation>,
  options?: CallOptions,
];

type Answer<Operation> = [AnswerOf<Operation>] extends [never] ? void : AnswerOf<Operation>;

/** A call of the API as a method. */
export type Call<M extends Method, Path extends PathsWith<M>> = (
  ...args: Arguments<paths[Path][M]>
) => Promise<Answer<paths[Path][M]>>;

type ItemOf<Operation> = AnswerOf<Operation> extends Page<infer Item> ? Item : never;

/** A list of the API as a method. */
export type List<Path extends PathsWith<'get'>> = (
  ...args: Arguments<paths[Path]['get']>
) => Listing<ItemOf<paths[Path]['get']>>;

/* oxlint-disable typescript/no-unsafe-type-assertion -- what fits which path is known to the types above alone */

/** Makes methods out of the calls of the API: `post('/v1/webhooks/{id}/suspend')` is `(id, input?, options?) => …`. */
export function callsOf(client: Client<paths>) {
  const request = client.request as unknown as (
    method: Method,
    path: string,
    init: object,
  ) => Promise<{ data: unknown }>;

  async function send(method: Method, path: string, { pathParams, input, options = {} }: Said) {
    const { idempotencyKey, ...init } = options;
    const { data } = await request(method, path, {
      ...init,
      params: { path: pathParams, query: method === 'get' ? input : undefined },
      body: method === 'get' ? undefined : input,
      headers: { 'Idempotency-Key': idempotencyKey },
    });
    return data;
  }

  const call =
    <M extends Method>(method: M) =>
    <Path extends PathsWith<M>>(path: Path) =>
      (async (...args: unknown[]) => send(method, path, read(path, args))) as Call<M, Path>;

  const list = <Path extends PathsWith<'get'>>(path: Path) =>
    ((...args: unknown[]) => {
      const said = read(path, args);
      return new Listing(async (cursor) => {
        const input = cursor === undefined ? said.input : { ...said.input, cursor };
        return (await send('get', path, { ...said, input })) as Page<unknown>;
      });
    }) as List<Path>;

  return { list, get: call('get'), post: call('post'), patch: call('patch'), remove: call('delete') };
}

/** What a call says, whatever its path. */
interface Said {
  pathParams: Record<string, string>;
  input: object | undefined;
  options: CallOptions | undefined;
}

const PATH_PARAM = /\{(\w+)\}/;

/** @throws TypeError for an id that would make another path */
function read(path: string, args: readonly unknown[]): Said {
  const [, param] = PATH_PARAM.exec(path) ?? [];
  const [id, input, options] = (param === undefined ? ['', ...args] : args) as [
    string,
    object?,
    CallOptions?,
  ];
  if (param === undefined) return { pathParams: {}, input, options };
  if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) throw new TypeError(`not a possible ${param}: ${id}`);
  return { pathParams: { [param]: id }, input, options };
}
