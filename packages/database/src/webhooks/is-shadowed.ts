/** Returns the condition that a delivery with an epoch is not sent because its webhook `w` is a shadow, or was one at that time. */
export const isShadowed = (epoch: string): string => `coalesce(${epoch} < w.sent_from_epoch, true)`;
