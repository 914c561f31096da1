import { createFileRoute } from '@tanstack/react-router';
import { RecoveriesPage } from '../pages/recoveries/recoveries-page.js';

export const Route = createFileRoute('/_app/recoveries/')({ component: RecoveriesPage });
