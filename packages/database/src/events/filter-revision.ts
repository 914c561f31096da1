/** Returns SQL for a text that changes whenever the filter of the webhook `alias` changes. */
export const filterRevision = (alias: string): string =>
  `concat(${alias}.id, ' ', extract(epoch FROM ${alias}.filter_set_at))`;
