import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { Pause, Play } from 'lucide-react';
import { useLanguage } from '../../i18n/i18n';
import { useActivityTexts } from './activity.texts';
import { formatMoment } from './moment.format';

/** How much time can be shown. */
export const MINUTES = [5, 30] as const;
/** One of {@link MINUTES}. */
export type Minutes = (typeof MINUTES)[number];

interface TimeControlsProps {
  readonly minutes: Minutes;
  readonly setMinutes: (minutes: Minutes) => void;
  /** Since when nothing moves, Unix ms; undefined while it does. */
  readonly pausedAt: number | undefined;
  readonly setPausedAt: (at: number | undefined) => void;
}

/** Which time is shown, and whether it moves. */
export function TimeControls({ minutes, setMinutes, pausedAt, setPausedAt }: TimeControlsProps) {
  const t = useActivityTexts();
  const [language] = useLanguage();
  const paused = pausedAt !== undefined;
  return (
    <Stack gap={4} align="flex-end">
      <Group gap="sm">
        <SegmentedControl
          aria-label={t('window')}
          value={String(minutes)}
          onChange={(value) => setMinutes(value === '30' ? 30 : 5)}
          data={MINUTES.map((count) => ({ value: String(count), label: t('lastMinutes', { count }) }))}
        />
        <Button
          variant="default"
          leftSection={paused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
          onClick={() => setPausedAt(paused ? undefined : Date.now())}
        >
          {paused ? t('resume') : t('pause')}
        </Button>
      </Group>
      <Text size="sm" role="status">
        {paused && t('pausedAt', { time: formatMoment(pausedAt, language) })}
      </Text>
    </Stack>
  );
}
