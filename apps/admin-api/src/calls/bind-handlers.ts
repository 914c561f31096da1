/** Handlers that have their dependencies. */
type Bound<Handlers> = {
  [Name in keyof Handlers]: Handlers[Name] extends (request: infer Request, deps: never) => infer Result
    ? (request: Request) => Result
    : never;
};

/** Returns handlers that no longer need to be passed their dependencies. */
export function bindHandlers<
  Deps,
  Handlers extends Readonly<Record<string, (request: never, deps: Deps) => unknown>>,
>(handlers: Handlers, deps: Deps): Bound<Handlers> {
  const bound = Object.entries(handlers).map(([name, handle]) => [
    name,
    (request: never) => handle(request, deps),
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each handler under its own name
  return Object.fromEntries(bound) as Bound<Handlers>;
}
