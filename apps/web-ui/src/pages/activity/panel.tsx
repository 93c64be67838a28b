import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { ChartColumn, Table2 } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import { useActivityTexts } from './activity.texts';

interface PanelProps {
  readonly title: string;
  readonly about?: string | undefined;
  readonly children: ReactNode;
  /** The same in words and numbers, for those who do not see the picture; made when it is asked for. */
  readonly table?: (() => ReactNode) | undefined;
}

/** A part of the view under a heading, as a picture or as a table. */
export function Panel({ title, about, children, table }: PanelProps) {
  const t = useActivityTexts();
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  const other = asTable ? t('showChart') : t('showTable');
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={id} miw={0}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Stack gap={2}>
            <Title order={2} size="h4" id={id}>
              {title}
            </Title>
            {about !== undefined && (
              <Text c="dimmed" size="sm">
                {about}
              </Text>
            )}
          </Stack>
          {table && (
            <Button
              variant="default"
              size="compact-sm"
              flex="none"
              aria-label={`${other}: ${title}`}
              leftSection={asTable ? <ChartColumn size={14} aria-hidden /> : <Table2 size={14} aria-hidden />}
              onClick={() => setAsTable(!asTable)}
            >
              {other}
            </Button>
          )}
        </Group>
        {asTable && table ? table() : children}
      </Stack>
    </Paper>
  );
}
