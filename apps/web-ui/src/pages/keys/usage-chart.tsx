import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Box } from '@mantine/core';
import { formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import type { Group, UsageBar } from './usage-rows.translate';
import { useUsageTexts } from './usage.texts';

const DAYS_HEIGHT = 260;
const BAR_HEIGHT = 44;
const AXIS_HEIGHT = 90;

interface UsageChartProps {
  readonly bars: readonly UsageBar[];
  readonly group: Group;
}

/** Tokens as bars: days from left to right, all else from top to bottom, where names have room. */
export function UsageChart({ bars, group }: UsageChartProps) {
  const t = useUsageTexts();
  const [language] = useLanguage();
  const lying = group !== 'day';
  return (
    <Box role="img" aria-label={t('chart', { group: t(group).toLowerCase() })}>
      <BarChart
        h={lying ? AXIS_HEIGHT + BAR_HEIGHT * bars.length : DAYS_HEIGHT}
        data={[...bars]}
        dataKey="label"
        type="stacked"
        orientation={lying ? 'vertical' : 'horizontal'}
        series={[
          { name: 'prompt', label: t('prompt'), color: 'blue.6' },
          { name: 'completion', label: t('completion'), color: 'teal.6' },
        ]}
        withLegend
        legendProps={{ verticalAlign: 'bottom' }}
        valueFormatter={(value) => formatNumber(value, language)}
        yAxisProps={lying ? { width: 110 } : { width: 70 }}
        barProps={{ isAnimationActive: false, maxBarSize: 36 }}
        barChartProps={{ accessibilityLayer: false }}
      />
    </Box>
  );
}
