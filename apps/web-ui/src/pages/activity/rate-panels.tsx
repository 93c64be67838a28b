import type { GatewayActivity } from '@local-llm-agent/contracts';
import { memo, useCallback } from 'react';
import { formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { toRates } from './rates.translate';
import { useSame } from './held-value';
import { SeriesPanel } from './series-panel';
import type { Series } from './series.types';

/** What went through the gateway, as four charts over time. */
export const RatePanels = memo(function RatePanels({ activity }: { readonly activity: GatewayActivity }) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const points = useSame(toRates(activity).map((point) => ({ ...point })));
  const count = useCallback((value: number) => formatNumber(value, language, value < 10 ? 2 : 0), [language]);
  const time = useCallback((value: number) => formatDuration(value, language), [language]);
  const series = useSame(seriesOf(t));
  const empty = t('noRequests');
  return (
    <>
      <SeriesPanel
        title={t('requestRate')}
        kind="bar"
        points={points}
        series={series.requests}
        format={count}
        empty={empty}
      />
      <SeriesPanel
        title={t('tokenRate')}
        kind="line"
        points={points}
        series={series.tokens}
        format={count}
        empty={empty}
      />
      <SeriesPanel
        title={t('firstTokenChart')}
        kind="line"
        points={points}
        series={series.times}
        format={time}
        empty={empty}
      />
      <SeriesPanel
        title={t('errorRate')}
        kind="bar"
        points={points}
        series={series.errors}
        format={count}
        whole
        empty={t('noErrors')}
      />
    </>
  );
});

function seriesOf(
  t: ReturnType<typeof useActivityTexts>,
): Readonly<Record<'requests' | 'tokens' | 'times' | 'errors', readonly Series[]>> {
  return {
    requests: [{ name: 'requests', label: t('allRequests'), color: 'blue.7', style: 'solid' }],
    tokens: [
      { name: 'completion', label: t('completion'), color: 'teal.7', style: 'solid' },
      { name: 'prompt', label: t('prompt'), color: 'grape.6', style: 'dashed' },
    ],
    times: [
      { name: 'p50', label: t('p50'), color: 'blue.7', style: 'solid' },
      { name: 'p95', label: t('p95'), color: 'orange.8', style: 'dashed' },
      { name: 'queueP95', label: t('queueP95'), color: 'gray.6', style: 'dotted' },
    ],
    errors: [
      { name: 'failed', label: t('failed'), color: 'red.7', style: 'solid' },
      { name: 'limited', label: t('limited'), color: 'orange.8', style: 'dashed' },
      { name: 'refused', label: t('refused'), color: 'grape.6', style: 'dotted' },
      { name: 'clientLeft', label: t('clientLeft'), color: 'gray.6', style: 'mixed' },
    ],
  };
}
