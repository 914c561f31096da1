import { PosthornError } from '@posthorn/sdk';

/** Returns null if a resource does not exist. */
export async function found<Resource>(call: Promise<Resource>): Promise<Resource | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PosthornError && error.status === 404) return null;
    throw error;
  }
}
