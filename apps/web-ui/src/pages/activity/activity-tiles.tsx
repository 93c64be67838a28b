import type { EngineStatus, GatewayActivity } from '@local-llm-agent/contracts';
import { Paper, SimpleGrid, Text } from '@mantine/core';
import { memo } from 'react';
import { formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { errorsOf, ratesNow, toRates } from './rates.translate';
import { swapsIn } from './swaps.policy';

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly more: string;
}

function Tile({ label, value, more }: TileProps) {
  return (
    <Paper withBorder p="sm" role="group" aria-label={label}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={26} fw={700} lh={1.3}>
        {value}
      </Text>
      <Text size="sm" c="dimmed">
        {more}
      </Text>
    </Paper>
  );
}

interface ActivityTilesProps {
  readonly activity: GatewayActivity;
  readonly status: EngineStatus | undefined;
}

/** The figures that one looks at first. */
export const ActivityTiles = memo(function ActivityTiles({ activity, status }: ActivityTilesProps) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const { totals, windowSeconds } = activity;
  const number = (value: number, digits = 0): string => formatNumber(value, language, digits);
  const now = ratesNow(toRates(activity));
  const rate = (value: number): string => t('perSecond', { value: number(value, value < 10 ? 1 : 0) });
  const { p50, p95 } = totals.firstTokenMs;
  const errors = errorsOf(totals);
  const share = totals.requests === 0 ? 0 : errors / totals.requests;
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share);
  const { loads, unloads } = swapsIn(status?.decisions ?? [], Date.parse(activity.time) - windowSeconds * 1000);
  const tiles: readonly TileProps[] = [
    { label: t('running'), value: status ? number(status.running) : '–', more: t('runningWhy') },
    { label: t('requests'), value: number(totals.requests), more: rate(now.requests) },
    { label: t('tokens'), value: number(totals.promptTokens + totals.completionTokens), more: rate(now.tokens) },
    {
      label: t('firstToken'),
      value: p50 === null ? '–' : formatDuration(p50, language),
      more: p95 === null ? t('noStreams') : t('firstTokenP95', { value: formatDuration(p95, language) }),
    },
    { label: t('errors'), value: number(errors), more: t('errorShare', { value: percent }) },
    { label: t('swaps'), value: number(loads + unloads), more: t('swapParts', { loads, unloads }) },
  ];
  return (
    <SimpleGrid
      cols={{ base: 2, sm: 3, xl: 6 }}
      spacing="sm"
      role="group"
      aria-label={t('inWindow', { count: windowSeconds / 60 })}
    >
      {tiles.map((tile) => (
        <Tile key={tile.label} {...tile} />
      ))}
    </SimpleGrid>
  );
});
