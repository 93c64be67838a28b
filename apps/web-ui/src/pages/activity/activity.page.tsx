import '@mantine/charts/styles.css';
import type { EngineTimeline, GatewayActivity } from '@local-llm-agent/contracts';
import { SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useActivity, useTimeline } from '../../api/activity.api';
import { useLiveStatus } from '../../api/residency.feed';
import { useAppTexts } from '../../app.texts';
import { FailureNotice } from '../../components/failure-notice';
import { ViewTitle } from '../../components/view-title';
import { useActivityTexts } from './activity.texts';
import { ActivityTiles } from './activity-tiles';
import { DecisionsPanel } from './decisions-panel';
import { useClock, useHeld } from './held-value';
import { LanesPanel } from './lanes-panel';
import { MemoryHistoryPanel } from './memory-history-panel';
import { MemoryPanel } from './memory-panel';
import { MINUTES, TimeControls, type Minutes } from './time-controls';
import { QueuePanel } from './queue-panel';
import { RatePanels } from './rate-panels';
import { RequestsPanel } from './requests-panel';

/** Points of a chart: enough to see, few enough to draw all the time. */
const STEPS = 60;
/** How often the lanes move, ms: about a pixel each time. */
const TICK_MS: Readonly<Record<Minutes, number>> = { 5: 1000, 30: 5000 };

function Waiting() {
  const t = useActivityTexts();
  return (
    <Stack aria-busy="true">
      <Text c="dimmed">{t('waitingFor')}</Text>
      <Skeleton height={88} />
      <Skeleton height={220} />
    </Stack>
  );
}

interface PanelsProps {
  readonly live: ReturnType<typeof useLiveStatus>;
  readonly timeline: EngineTimeline | undefined;
  readonly activity: GatewayActivity | undefined;
  readonly minutes: Minutes;
  /** Unix ms, by the clock of the system. */
  readonly now: number;
  readonly paused: boolean;
}

function Panels({ live: { status }, timeline, activity, minutes, now, paused }: PanelsProps) {
  const span = { from: now - minutes * 60_000, to: now };
  return (
    <Stack>
      {activity && <ActivityTiles activity={activity} status={status} />}
      {status && <QueuePanel status={status} />}
      {timeline && <LanesPanel timeline={timeline} status={status} span={span} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {activity && <RatePanels activity={activity} />}
        {status && timeline && <MemoryPanel status={status} timeline={timeline} />}
        {timeline &&
          status?.pools.map(({ id }) => <MemoryHistoryPanel key={id} timeline={timeline} pool={id} span={span} />)}
      </SimpleGrid>
      {status && <DecisionsPanel decisions={status.decisions} />}
      {(activity ?? status) && <RequestsPanel paused={paused} />}
    </Stack>
  );
}

/** What is going on: queue, models in memory, requests, tokens, times, errors, memory, decisions. */
export default function ActivityPage() {
  const title = useAppTexts()('activity');
  const t = useActivityTexts();
  const [minutes, setMinutes] = useState<Minutes>(MINUTES[0]);
  const [pausedAt, setPausedAt] = useState<number>();
  const paused = pausedAt !== undefined;
  const timeline = useTimeline(paused);
  const activity = useActivity({ seconds: minutes * 60, step: (minutes * 60) / STEPS }, paused);
  const live = useHeld(useLiveStatus(), paused);
  const clock = useClock(TICK_MS[minutes], paused);
  // The clock of the system may be another one than that of this browser.
  const offset = timeline.data ? Date.parse(timeline.data.time) - timeline.dataUpdatedAt : 0;
  const error = activity.error ?? timeline.error ?? live.failure;
  const nothing = !activity.data && !timeline.data && !live.status;
  return (
    <>
      <ViewTitle
        title={title}
        about={t('about')}
        actions={
          <TimeControls minutes={minutes} setMinutes={setMinutes} pausedAt={pausedAt} setPausedAt={setPausedAt} />
        }
      />
      <Stack>
        {error && <FailureNotice error={error} />}
        {nothing && !error && <Waiting />}
        <Panels
          live={live}
          timeline={timeline.data}
          activity={activity.data}
          minutes={minutes}
          // What was told last may be newer than the last tick of the clock.
          now={Math.max(clock + offset, Date.parse(timeline.data?.time ?? '') || 0)}
          paused={paused}
        />
      </Stack>
    </>
  );
}
