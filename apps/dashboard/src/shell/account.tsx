import { ActionIcon, Group, Text, Tooltip } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { LogOut } from 'lucide-react';
import { access } from '../api/current-access.js';
import { api } from '../api/api.js';
import { useSession } from '../api/session.js';
import { ColorSchemeToggle } from './color-scheme-toggle.js';
import { t } from '../i18n/t.js';

/** Shows the current key, the color scheme toggle and "Sign out". The portal shows at most the toggle. */
export function Account() {
  const { apiKey } = useSession();
  if (access.kind === 'portal') {
    const { colorScheme = 'auto' } = access.settings.theme;
    return colorScheme === 'auto' ? <ColorSchemeToggle /> : null;
  }
  return (
    <Group gap={4} wrap="nowrap" justify="space-between">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={500} truncate>
          {apiKey.name || 'API key'}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace" truncate>
          {apiKey.prefix}…
        </Text>
      </div>
      <Group gap={0} wrap="nowrap">
        <ColorSchemeToggle />
        <SignOut />
      </Group>
    </Group>
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
