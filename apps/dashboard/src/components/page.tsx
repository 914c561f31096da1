import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './page.module.css';
import { DocumentTitle } from './document-title.js';

interface PageProps {
  /** Of the page and of the browser's window. */
  title: string;
  /** What the heading shows, where that is more than its title. */
  heading?: ReactNode;
  /** Before the heading: links to where the page belongs. */
  above?: ReactNode;
  /** One sentence below the heading. */
  description?: ReactNode;
  /** Buttons beside the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every page: its title in the window, its one h1, its actions. */
export function Page({ title, heading, above, description, actions, children }: PageProps) {
  return (
    <Stack gap="md">
      <DocumentTitle>{title}</DocumentTitle>
      {above}
      <Group justify="space-between" align="flex-start" gap="sm">
        <div className={classes.title}>
          <Title order={1}>{heading ?? title}</Title>
          {description !== undefined && (
            <Text c="dimmed" mt={4}>
              {description}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
