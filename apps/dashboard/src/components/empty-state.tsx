import { Stack, Text, Title } from '@mantine/core';
import { Inbox, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  title: string;
  icon?: LucideIcon;
  /** It replaces a whole page, so that its title is the h1. */
  page?: boolean;
  /** What appears here, and how to get it. */
  children?: ReactNode;
}

export function EmptyState({ title, icon: Icon = Inbox, page = false, children }: EmptyStateProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <Icon size={28} strokeWidth={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
      {page ? (
        <Title order={1} size="h2">
          {title}
        </Title>
      ) : (
        <Text fw={600}>{title}</Text>
      )}
      {children !== undefined && (
        <Text c="dimmed" maw={440} component="div">
          {children}
        </Text>
      )}
    </Stack>
  );
}
