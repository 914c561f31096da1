/** SQL for a text that is another one whenever the filter of the webhook `alias` is. */
export const filterRevision = (alias: string): string =>
  `concat(${alias}.id, ' ', extract(epoch FROM ${alias}.filter_set_at))`;
