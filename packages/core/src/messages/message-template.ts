/** The values in a message. */
export type MessageParams = Record<string, string | number>;

type Placeholders<Template extends string> = Template extends `${string}{{${infer Name}}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The arguments with the values of a template: none if it has no placeholders. */
export type ParamsOf<Template extends string> = [Placeholders<Template>] extends [never]
  ? []
  : [params: Record<Placeholders<Template>, string | number>];

/** Returns a text with its values in the place of `{{name}}`. */
export const fillIn = (template: string, params: MessageParams): string =>
  template.replaceAll(/\{\{(\w+)\}\}/g, (_placeholder, name: string) => String(params[name]));
