import { Alert, Group, Paper, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { ServerOff } from 'lucide-react';
import type { EngineStatus, PoolStatus, ResidentStatus } from '@local-llm-agent/contracts';
import { formatBytes } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useMemoryTexts } from './memory.texts';

/** Told apart by their place and by the list below, not by the colour alone. */
const COLORS = ['blue.6', 'teal.6', 'violet.5', 'orange.6', 'pink.6', 'cyan.7'];

interface PoolCardProps {
  readonly pool: PoolStatus;
  readonly residents: readonly ResidentStatus[];
}

function PoolBar({ pool, residents }: PoolCardProps) {
  const total = Math.max(pool.totalBytes ?? pool.residentBytes, pool.residentBytes, 1);
  return (
    <Progress.Root size="xl" aria-hidden>
      {residents.map(({ model, runtime, purpose, bytes }, index) => (
        <Progress.Section
          key={`${runtime}/${model}/${purpose}`}
          value={(100 * bytes) / total}
          color={COLORS[index % COLORS.length] ?? 'blue.6'}
          withAria={false}
        />
      ))}
    </Progress.Root>
  );
}

function PoolCard({ pool, residents }: PoolCardProps) {
  const t = useMemoryTexts();
  const [language] = useLanguage();
  const bytes = (value: number): string => formatBytes(value, language);
  const { totalBytes, availableBytes, residentBytes, strangers, budgetBytes, reserveBytes } = pool;
  const known = totalBytes !== null && availableBytes !== null;
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Text fw={600}>{pool.id === 'local' ? t('local') : pool.id}</Text>
          <Text size="sm">
            {known
              ? t('poolUse', { used: bytes(residentBytes), total: bytes(totalBytes), free: bytes(availableBytes) })
              : t('poolUnknown', { used: bytes(residentBytes) })}
          </Text>
        </Group>
        <PoolBar pool={pool} residents={residents} />
        {residents.length > 0 && (
          <Group gap="md">
            {residents.map(({ model, runtime, purpose, bytes: taken }, index) => (
              <Group key={`${runtime}/${model}/${purpose}`} gap={6} wrap="nowrap">
                <Progress value={100} w={12} size="lg" color={COLORS[index % COLORS.length] ?? 'blue.6'} aria-hidden />
                <Text size="sm">
                  {model} · {bytes(taken)}
                </Text>
              </Group>
            ))}
          </Group>
        )}
        {known && (
          <Text size="sm" c="dimmed">
            {budgetBytes === null
              ? t('poolReserve', { reserve: bytes(reserveBytes) })
              : t(pool.id === 'local' ? 'poolBudget' : 'poolSize')}
          </Text>
        )}
        {strangers.length > 0 && (
          <Text size="sm">
            {t('strangers', { names: strangers.map((each) => `${each.model} (${bytes(each.bytes)})`).join(', ') })}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

/** Memory that models share, one bar for each machine, and the hosts that are away. */
export function MemoryPanel({ status }: { readonly status: EngineStatus }) {
  const t = useMemoryTexts();
  const { pools, residents, runtimes } = status;
  // Servers that mind their own memory have nothing to show.
  const shown = pools.filter(({ totalBytes, residentBytes }) => totalBytes !== null || residentBytes > 0);
  return (
    <Stack gap="sm" component="section" aria-labelledby="models-memory">
      <Title order={2} size="h4" id="models-memory">
        {t('memory')}
      </Title>
      {runtimes
        .filter((runtime) => runtime.status === 'down')
        .map(({ id, detail }) => (
          <Alert key={id} color="red" icon={<ServerOff aria-hidden />} title={t('hostDown', { name: id })}>
            {detail ?? t('hostDownWhy')}
          </Alert>
        ))}
      <SimpleGrid cols={{ base: 1, lg: Math.min(2, Math.max(1, shown.length)) }}>
        {shown.map((pool) => (
          <PoolCard key={pool.id} pool={pool} residents={residents.filter((each) => each.pool === pool.id)} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}
