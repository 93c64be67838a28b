import type { EngineStatus, TierQueueStatus } from '@local-llm-agent/contracts';
import { Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core';
import { memo } from 'react';
import { formatDuration } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { DataTable } from './data-table';
import { Panel } from './panel';

function TierQueue({ queue }: { readonly queue: TierQueueStatus }) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const { tier, waiting, limit, oldestWaitMs, maxWaitMs } = queue;
  const words = { wait: formatDuration(oldestWaitMs, language), bound: formatDuration(maxWaitMs, language) };
  const overdue = oldestWaitMs > maxWaitMs;
  const share = Math.min(100, (oldestWaitMs / Math.max(1, maxWaitMs)) * 100);
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <Text fw={600}>{tier === 'small' ? t('tierSmall') : t('tierMain')}</Text>
        <Text size="sm">{t('tierCount', { waiting, limit })}</Text>
      </Group>
      <Progress
        value={waiting === 0 ? 0 : share}
        color={overdue ? 'orange' : 'blue'}
        size="lg"
        aria-label={t('bound', { tier })}
        transitionDuration={0}
      />
      <Text size="sm" c="dimmed">
        {waiting === 0 ? t('noneWaits', words) : t(overdue ? 'overdue' : 'oldest', words)}
      </Text>
    </Stack>
  );
}

/** Who waits, for what, and how long. */
export const QueuePanel = memo(function QueuePanel({ status }: { readonly status: EngineStatus }) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const { tiers, models } = status.queue;
  return (
    <Panel title={t('queue')}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        {tiers.map((queue) => (
          <TierQueue key={queue.tier} queue={queue} />
        ))}
      </SimpleGrid>
      {models.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('nobodyWaits')}
        </Text>
      ) : (
        <DataTable
          label={`${t('queue')}: ${t('byModel')}`}
          columns={[t('model'), t('tier'), t('waitingCount'), t('callers'), t('oldestWait')]}
          rows={models.map(({ model, runtime, tier, waiting, callers, oldestWaitMs }) => ({
            key: `${runtime}/${model}/${tier}`,
            cells: [model, tier, waiting, callers, formatDuration(oldestWaitMs, language)],
          }))}
        />
      )}
    </Panel>
  );
});
