const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Returns whether a host name of a URL denotes the own machine. */
export const isLoopbackHost = (hostname: string): boolean => LOOPBACK.test(hostname);
