/** Returns fractional milliseconds of the monotonic clock, which all processes of this machine share. */
export const sharedClockMs = (): number => Number(process.hrtime.bigint()) / 1e6;
