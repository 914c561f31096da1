export { openPrisma, type PrismaDb, type PrismaTransaction } from './client.js';
export type { Page, PageRequest } from './page.js';
export { describeUnavailableError, isTimeout, isUnavailable, isUniqueViolation } from './prisma-errors.js';
export { readWithin } from './read-within.js';
