import { Group } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { api } from '../../api/api.js';
import { toProblem } from '../../problems/problem.js';
import { quotasOf } from '../../components/use-quotas.js';
import { Page } from '../../components/page.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { QuotaAlert } from '../../components/quota-alert.js';
import { TagList } from '../../components/tag-list.js';
import { TextLink } from '../../components/text-link.js';
import { TenantActions } from './actions/tenant-actions.js';
import { TenantAlert } from './tenant-alert.js';
import { TenantDetailsPanel } from './tenant-details.js';
import { TenantStatusBadge } from './tenant-status-badge.js';
import { TenantTiles } from './tenant-tiles.js';
import type { TenantDetails } from './tenant.js';

// Loaded after the head of the page.
const TenantLists = lazy(() => import('./tenant-lists.js'));

const route = getRouteApi('/_app/tenants/$tenantId');

/** Another operator may suspend the tenant while the page is open. */
const REFRESH_MS = 15_000;

/** One tenant: its state, health, usage, webhooks, portal links, API keys and changes. */
export function TenantPage() {
  const { tenantId } = route.useParams();
  const query = api.useQuery(
    'get',
    '/v1/tenants/{id}',
    { params: { path: { id: tenantId } } },
    { refetchInterval: REFRESH_MS },
  );
  // After other failures, the last state stays visible.
  const isPurged = query.error !== null && toProblem(query.error).status === 404;
  const tenant = isPurged ? undefined : query.data;
  return (
    <Page
      title={tenant?.name ?? 'Tenant'}
      above={<TextLink to="/tenants">Tenants</TextLink>}
      heading={tenant ? <Heading tenant={tenant} /> : tenantId}
      actions={tenant && <TenantActions tenant={tenant} />}
    >
      {tenant ? <Loaded tenant={tenant} /> : <QueryPlaceholder query={query} heights={[104, 180, 320]} />}
    </Page>
  );
}

function Heading({ tenant: { name, status, tags } }: { tenant: TenantDetails }) {
  return (
    <Group gap="sm" component="span">
      {name}
      <TenantStatusBadge status={status} />
      <TagList tags={tags} />
    </Group>
  );
}

function Loaded({ tenant }: { tenant: TenantDetails }) {
  // A deleted tenant is in no list.
  const isListed = tenant.status !== 'deleted';
  return (
    <>
      <TenantAlert tenant={tenant} />
      {isListed && <QuotaAlert quotas={quotasOf(tenant)} />}
      {isListed && <TenantTiles tenant={tenant} />}
      <TenantDetailsPanel tenant={tenant} />
      <Suspense fallback={null}>
        <TenantLists tenant={tenant} />
      </Suspense>
    </>
  );
}
