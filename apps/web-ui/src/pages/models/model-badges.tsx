import { Badge, Group } from '@mantine/core';
import { Pin } from 'lucide-react';
import type { ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';

type State = 'stateReady' | 'stateLoading' | 'stateUnloading' | 'stateAsked' | 'stateInstalled' | 'stateAbsent';

/** Dark enough for white letters (WCAG 2.2, 1.4.3) in both schemes. */
const COLORS: Readonly<Record<State, string>> = {
  stateReady: 'teal.9',
  stateLoading: 'blue.9',
  stateUnloading: 'blue.9',
  stateAsked: 'blue.9',
  stateInstalled: 'gray',
  stateAbsent: 'gray',
};

function stateOf({ residents, place }: ModelRow, asked: boolean): State {
  if (residents.some(({ phase }) => phase === 'loading')) return 'stateLoading';
  if (residents.some(({ phase }) => phase === 'unloading')) return 'stateUnloading';
  if (place === 'memory') return 'stateReady';
  if (asked) return 'stateAsked';
  return place === 'installed' ? 'stateInstalled' : 'stateAbsent';
}

interface ModelBadgesProps {
  readonly row: ModelRow;
  /** A load was ordered and has not begun. */
  readonly asked: boolean;
}

/** What a model is now, in a few words. */
export function ModelBadges({ row, asked }: ModelBadgesProps) {
  const t = useModelsTexts();
  const state = stateOf(row, asked);
  const isQuiet = state === 'stateInstalled' || state === 'stateAbsent';
  return (
    <Group gap={6}>
      <Badge variant={isQuiet ? 'default' : 'filled'} color={COLORS[state]} tt="none">
        {t(state)}
      </Badge>
      {row.pinned && (
        <Badge variant="default" tt="none" leftSection={<Pin size={12} aria-hidden />}>
          {t('pinned')}
        </Badge>
      )}
      {row.plan && (
        <Badge variant="default" tt="none">
          {t('tier', { name: row.plan.tier })}
        </Badge>
      )}
    </Group>
  );
}
