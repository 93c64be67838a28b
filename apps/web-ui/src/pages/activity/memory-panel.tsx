import type { EngineStatus, EngineTimeline, PoolStatus, ResidentStatus } from '@local-llm-agent/contracts';
import { ColorSwatch, Group, Progress, Stack, Text, getThemeColor, useMantineTheme } from '@mantine/core';
import { memo } from 'react';
import { formatBytes } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { nameOf, placeOf } from './lanes.state';
import { colorAt } from './memory.policy';
import { Panel } from './panel';

/** A part of the bar that is smaller than this, percent, has no room for a name. */
const LEAST_SHARE = 20;

interface PoolMemoryProps {
  readonly pool: PoolStatus;
  readonly status: EngineStatus;
  readonly timeline: EngineTimeline;
}

/** One pool as a bar with a part for each model, and the same in words. */
function PoolMemory({ pool, status, timeline }: PoolMemoryProps) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const theme = useMantineTheme();
  const bytes = (value: number): string => formatBytes(value, language);
  const { id, residentBytes, availableBytes, totalBytes, strangers } = pool;
  const used = bytes(residentBytes);
  const title = t('pool', { pool: id });
  const words = totalBytes === null ? t('memoryUnknown', { used }) : t('memoryOf', { used, total: bytes(totalBytes) });
  const share = (value: number): number => (value / Math.max(1, totalBytes ?? residentBytes)) * 100;
  const held = status.residents.filter((resident) => resident.pool === id);
  const parts = held.map((resident: ResidentStatus) => ({
    name: nameOf(resident, status.residents),
    color: colorAt(placeOf(resident, timeline)),
    taken: resident.bytes,
  }));
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <Text fw={600} size="sm">
          {title}
        </Text>
        <Text size="sm">{words}</Text>
      </Group>
      <Progress.Root size={28} role="img" aria-label={`${title}: ${words}`}>
        {parts.map(({ name, color, taken }) => (
          <Progress.Section
            key={name}
            value={share(taken)}
            color={color}
            withAria={false}
            bd="1px solid var(--mantine-color-body)"
          >
            {share(taken) >= LEAST_SHARE && <Progress.Label fw={600}>{name}</Progress.Label>}
          </Progress.Section>
        ))}
      </Progress.Root>
      <Group component="ul" gap="md" m={0} p={0} style={{ listStyle: 'none' }} aria-label={title}>
        {parts.map(({ name, color, taken }) => (
          <Group key={name} component="li" gap={6} wrap="nowrap">
            <ColorSwatch size={12} color={getThemeColor(color, theme)} aria-hidden />
            <Text size="sm">{`${name}: ${bytes(taken)}`}</Text>
          </Group>
        ))}
        {availableBytes !== null && <Text component="li" size="sm">{`${t('free')}: ${bytes(availableBytes)}`}</Text>}
      </Group>
      {parts.length === 0 && <Text size="sm">{t('nothingResident')}</Text>}
      {strangers.length > 0 && (
        <Text size="sm">
          {t('strangers', {
            models: strangers.map(({ model, bytes: taken }) => `${model} (${bytes(taken)})`).join(', '),
          })}
        </Text>
      )}
    </Stack>
  );
}

interface MemoryPanelProps {
  readonly status: EngineStatus;
  /** Gives each model its colour. */
  readonly timeline: EngineTimeline;
}

/** What the models take of each memory now. */
export const MemoryPanel = memo(function MemoryPanel({ status, timeline }: MemoryPanelProps) {
  const t = useActivityTexts();
  return (
    <Panel title={t('memory')}>
      <Stack gap="lg">
        {status.pools.map((pool) => (
          <PoolMemory key={pool.id} pool={pool} status={status} timeline={timeline} />
        ))}
      </Stack>
    </Panel>
  );
});
