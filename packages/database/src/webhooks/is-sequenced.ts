/** Returns the condition that the webhook `alias` numbers its deliveries. */
export const isSequenced = (alias: string): string =>
  `(${alias}.sequenced OR ${alias}.ordering <> 'none' OR ${alias}.delivery = 'pull')`;
