import { ActionIcon, Group, Popover, Skeleton, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { LogOut } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { access } from '../access/current-access.js';
import { api } from '../api/api.js';
import { useSession } from '../api/session.js';
import { ROLE_LABELS } from '../components/roles.js';
import { ColorSchemeToggle } from './color-scheme-toggle.js';
import classes from './account.module.css';
import { t } from '../i18n/t.js';

// Loaded on demand, for operators only.
const AccountDetails = lazy(() => import('./account-details.js'));

/** Shows the current key or person, the color scheme toggle and "Sign out". The portal shows at most the toggle. */
export function Account() {
  if (access.kind === 'portal') {
    const { colorScheme = 'auto' } = access.settings.theme;
    return colorScheme === 'auto' ? <ColorSchemeToggle /> : null;
  }
  return (
    <Group gap={4} wrap="nowrap" justify="space-between">
      <Holder />
      <Group gap={0} wrap="nowrap">
        <ColorSchemeToggle />
        <SignOut />
      </Group>
    </Group>
  );
}

/** Shows who has signed in. A click shows the details. */
function Holder() {
  const { name, prefix, role } = useSession().holder;
  return (
    <Popover position="top-start" width={320} withRoles>
      <Popover.Target>
        <UnstyledButton className={classes.holder}>
          <Text span display="block" size="sm" fw={500} truncate>
            {name || 'API key'}
          </Text>
          {prefix === null ? (
            <Text span display="block" size="xs" c="dimmed" truncate>
              {role !== null && ROLE_LABELS[role]}
            </Text>
          ) : (
            <Text span display="block" size="xs" c="dimmed" ff="monospace" truncate>
              {prefix}…
            </Text>
          )}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Suspense fallback={<Skeleton height={120} />}>
          <AccountDetails />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}

function SignOut() {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signOut = api.useMutation('delete', '/v1/session', {
    async onSuccess() {
      await navigate({ to: '/sign-in', search: {} });
      // Data of this key must not be visible to the next one.
      queryClient.clear();
    },
  });
  return (
    <Tooltip label={t('Sign out')}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('Sign out')}
        loading={signOut.isPending}
        onClick={() => signOut.mutate({})}
      >
        <LogOut size={17} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
