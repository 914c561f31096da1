import { createFileRoute } from '@tanstack/react-router';
import { ApiKeysPage } from '../pages/api-keys/api-keys-page.js';

export const Route = createFileRoute('/_app/api-keys')({ component: ApiKeysPage });
