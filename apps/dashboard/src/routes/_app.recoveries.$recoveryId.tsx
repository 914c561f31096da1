import { createFileRoute } from '@tanstack/react-router';
import { RecoveryPage } from '../pages/recoveries/recovery-page.js';

export const Route = createFileRoute('/_app/recoveries/$recoveryId')({ component: RecoveryPage });
