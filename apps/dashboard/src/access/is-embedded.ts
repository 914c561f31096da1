/** Whether another page embeds this one. */
export const isEmbedded = typeof window !== 'undefined' && window.parent !== window;
