import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface ViewTitleProps {
  readonly title: string;
  /** What the view is for, in one sentence. */
  readonly about?: string;
  /** What can be done with the whole view, at the right. */
  readonly actions?: ReactNode;
}

/** The heading of a view. */
export function ViewTitle({ title, about, actions }: ViewTitleProps) {
  return (
    <Group justify="space-between" align="flex-start" mb="md">
      <Stack gap={2}>
        <Title order={1} size="h2">
          {title}
        </Title>
        {about !== undefined && <Text c="dimmed">{about}</Text>}
      </Stack>
      {actions}
    </Group>
  );
}
