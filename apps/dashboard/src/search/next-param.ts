import * as z from 'zod/mini';
import { optionalParam } from '../access/optional-param.js';

/** Path to open after sign-in. Only paths on this site are allowed. */
export const nextParam = optionalParam(z.string().check(z.regex(/^\/(?![/\\])/)));
