/** Returns what the refresh token of a session belongs to. */
export const refreshTokenSealingContext = (sessionId: string): string => `session:${sessionId}`;
