import type { EngineTimeline } from '@local-llm-agent/contracts';
import { useCallback, useMemo } from 'react';
import { formatBytes } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { useSame } from './held-value';
import { memoryPoints, type TimeSpan } from './lanes.state';
import { memorySeries } from './memory.policy';
import { SeriesPanel } from './series-panel';

const POINTS = 61;

interface MemoryHistoryPanelProps {
  readonly timeline: EngineTimeline;
  readonly pool: string;
  readonly span: TimeSpan;
}

/** What the models took of one memory over time. */
export function MemoryHistoryPanel({ timeline, pool, span }: MemoryHistoryPanelProps) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  // Moments that are multiples of a step stay the same while the time goes on.
  const step = (span.to - span.from) / (POINTS - 1);
  const to = Math.floor(span.to / step) * step;
  const history = useSame(memoryPoints(timeline, pool, { from: to - step * (POINTS - 1), to }, POINTS));
  const series = useSame(memorySeries(timeline, Object.keys(history[0]?.bytes ?? {})));
  const points = useMemo(
    () =>
      history.map(({ time, bytes }) => ({
        ...Object.fromEntries(series.map(({ name, label }) => [name, bytes[label] ?? 0])),
        time,
      })),
    [history, series],
  );
  const size = useCallback((value: number) => formatBytes(value, language), [language]);
  const title = t('memoryOverTime', { pool });
  return (
    <SeriesPanel title={title} kind="area" points={points} series={series} format={size} empty={t('lanesEmpty')} />
  );
}
