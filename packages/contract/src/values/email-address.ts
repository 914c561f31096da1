import { z } from 'zod';
import { rule } from './rule.js';

export const emailAddress = z
  .email()
  .max(254)
  .regex(/^[^@]{1,64}@/, rule('long_local_part', { max: 64 }))
  .meta({ example: 'ops@customer.example' });
