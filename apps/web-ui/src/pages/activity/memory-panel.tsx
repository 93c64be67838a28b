import type { EngineStatus, PoolStatus, ResidentStatus } from '@local-llm-agent/contracts';
import { Progress, Stack, Text, Tooltip } from '@mantine/core';
import { formatBytes } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { DataTable } from './data-table';
import { colorAt } from './memory.policy';
import { Panel } from './panel';

interface PoolMemoryProps {
  readonly pool: PoolStatus;
  readonly residents: readonly ResidentStatus[];
}

/** One pool as a bar: a section for each model, and what is free. */
function PoolMemory({ pool, residents }: PoolMemoryProps) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const bytes = (value: number): string => formatBytes(value, language);
  const { id, residentBytes, totalBytes, strangers } = pool;
  const used = bytes(residentBytes);
  const words = totalBytes === null ? t('memoryUnknown', { used }) : t('memoryOf', { used, total: bytes(totalBytes) });
  const share = (value: number): number => (value / Math.max(1, totalBytes ?? residentBytes)) * 100;
  return (
    <Stack gap={4}>
      <Text fw={600} size="sm">
        {t('pool', { pool: id })}
      </Text>
      <Progress.Root size={28} role="img" aria-label={`${t('pool', { pool: id })}: ${words}`}>
        {residents.map(({ runtime, purpose, model, bytes: taken }, index) => (
          <Tooltip key={`${runtime}/${purpose}/${model}`} label={`${model}: ${bytes(taken)}`}>
            <Progress.Section
              value={share(taken)}
              color={colorAt(index)}
              withAria={false}
              style={{ borderInlineEnd: '2px solid var(--mantine-color-body)' }}
            >
              {share(taken) >= 20 && <Progress.Label>{model}</Progress.Label>}
            </Progress.Section>
          </Tooltip>
        ))}
      </Progress.Root>
      <Text size="sm" c="dimmed">
        {words}
      </Text>
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

/** What the models take of each memory now. */
export function MemoryPanel({ status }: { readonly status: EngineStatus }) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const { pools, residents } = status;
  return (
    <Panel title={t('memory')}>
      <Stack gap="md">
        {pools.map((pool) => (
          <PoolMemory key={pool.id} pool={pool} residents={residents.filter((resident) => resident.pool === pool.id)} />
        ))}
        {residents.length === 0 ? (
          <Text size="sm">{t('nothingResident')}</Text>
        ) : (
          <DataTable
            label={t('memory')}
            minWidth={280}
            columns={[t('model'), t('size'), ...(pools.length > 1 ? [t('memory')] : [])]}
            rows={residents.map(({ model, runtime, purpose, bytes, pool }) => ({
              key: `${runtime}/${purpose}/${model}`,
              cells: [
                purpose === null ? model : `${model} (${purpose})`,
                formatBytes(bytes, language),
                ...(pools.length > 1 ? [pool] : []),
              ],
            }))}
          />
        )}
      </Stack>
    </Panel>
  );
}
