import examples from '@octokit/webhooks-examples' with { type: 'json' };

export interface DemoEvent {
  type: string;
  data: Record<string, unknown>;
}

/** The actual content of the package, which its types do not describe. */
interface Example {
  name: string;
  examples: Record<string, unknown>[];
}

/** All examples of the package: real payloads of GitHub, 58 kinds of events. */
export const realEvents: DemoEvent[] = (examples as unknown as Example[]).flatMap(
  ({ name, examples: payloads }) =>
    payloads.map((data) => ({ type: 'action' in data ? `${name}.${String(data['action'])}` : name, data })),
);
