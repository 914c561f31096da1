import examples from '@octokit/webhooks-examples' with { type: 'json' };

export interface DemoEvent {
  type: string;
  data: Record<string, unknown>;
}

/** What the package holds; its own types describe another shape. */
interface Example {
  name: string;
  examples: Record<string, unknown>[];
}

/** Every example delivery of the package: real payloads of a real product, 58 kinds of events. */
export const realEvents: DemoEvent[] = (examples as unknown as Example[]).flatMap(
  ({ name, examples: payloads }) =>
    payloads.map((data) => ({ type: 'action' in data ? `${name}.${String(data['action'])}` : name, data })),
);
