/** The languages of messages to customers. */
export const LOCALES = ['en', 'de', 'fr', 'es', 'ja'] as const;

export type Locale = (typeof LOCALES)[number];
