import { Box, Button, Collapse, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useId } from 'react';
import type { EngineStatus } from '@local-llm-agent/contracts';
import { useIsChanging } from '../../api/model-management.api';
import { memoryFit } from './memory-fit.policy';
import { ModelActions } from './model-actions';
import { ModelBadges } from './model-badges';
import { ModelDetails, ModelFigures } from './model-facts';
import { ModelMemory } from './model-memory';
import type { ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';
import classes from './models.module.css';

interface ModelCardProps {
  readonly row: ModelRow;
  readonly status: EngineStatus | undefined;
  /** Names in memory of the models that would leave for this one. */
  readonly leaves: readonly string[];
  readonly onPull: ((name: string) => void) | undefined;
}

/** One model: what it is, where it is, what it takes, and what can be done with it. */
export function ModelCard({ row, status, leaves, onPull }: ModelCardProps) {
  const t = useModelsTexts();
  const titleId = useId();
  const [opened, { toggle }] = useDisclosure();
  const asked = useIsChanging(row.id) && row.place === 'installed';
  const memory = row.plan && row.place === 'installed' ? memoryFit(row.plan, status, leaves) : undefined;
  const Icon = opened ? ChevronUp : ChevronDown;
  return (
    <Paper withBorder p="md" component="li" aria-labelledby={titleId} className={classes['card']}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Stack gap={4} className={classes['name']}>
            <Group gap="sm">
              <Title order={3} size="h5" id={titleId} className={classes['breaking']}>
                {row.id}
              </Title>
              <ModelBadges row={row} asked={asked} />
            </Group>
            {row.plan?.description && (
              <Text size="sm" c="dimmed">
                {row.plan.description}
              </Text>
            )}
          </Stack>
          <Stack gap={6}>
            <ModelActions row={row} memory={memory} onPull={onPull} />
          </Stack>
        </Group>
        <ModelFigures row={row} />
        <ModelMemory row={row} memory={memory} />
        {row.plan && (
          <Box>
            <Button
              size="compact-sm"
              variant="transparent"
              ml={-8}
              aria-expanded={opened}
              aria-label={t('detailsOf', { name: row.id })}
              rightSection={<Icon size={14} aria-hidden />}
              onClick={toggle}
            >
              {t('details')}
            </Button>
            <Collapse expanded={opened}>
              <Box pt="xs">
                <ModelDetails row={row} />
              </Box>
            </Collapse>
          </Box>
        )}
      </Stack>
    </Paper>
  );
}
