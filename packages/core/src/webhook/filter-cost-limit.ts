/**
 * Maximum cost of the different filters of a tenant together. The cost of a filter is at most 100, and near 0 unless it reads long
 * texts or lists. A cost of 1 is at most half a millisecond, so this bounds the evaluation of one event to about a second.
 */
export const MAX_TENANT_FILTER_COST = 2000;
