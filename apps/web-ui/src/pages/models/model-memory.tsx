import { Progress, Stack, Text } from '@mantine/core';
import type { ResidentStatus } from '@local-llm-agent/contracts';
import { formatBytes, formatDuration } from '../../i18n/format';
import { useLanguage, type Language } from '../../i18n/i18n';
import { barShares, loadProgress, type Fit, type MemoryFit } from './memory-fit.policy';
import { isElsewhere, type ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';

const COLORS: Readonly<Record<Fit, string>> = {
  fits: 'teal.6',
  makes_room: 'yellow.6',
  pinned_in_the_way: 'red.6',
  too_large: 'red.6',
  changing: 'yellow.6',
  unknown: 'gray.6',
};

type Texts = ReturnType<typeof useModelsTexts>;

function fitWords({ fit, ...memory }: MemoryFit, t: Texts, language: Language): string {
  const bytes = (value: number): string => formatBytes(value, language);
  const names = (list: readonly string[]): string => new Intl.ListFormat(language).format(list);
  const figures = { need: bytes(memory.needBytes), free: bytes(memory.freeBytes), total: bytes(memory.totalBytes) };
  const { leaves, pinned } = memory;
  switch (fit) {
    case 'fits':
      return t('fits', figures);
    case 'makes_room':
      return t('makesRoom', { ...figures, names: names(leaves), count: leaves.length });
    case 'pinned_in_the_way':
      return t('pinnedInTheWay', { ...figures, names: names(pinned), count: pinned.length });
    case 'too_large':
      return t('tooLarge', figures);
    case 'changing':
      return t('changing', figures);
    case 'unknown':
      return t('needUnknown');
  }
}

function NeedBar({ memory }: { readonly memory: MemoryFit }) {
  const { stays, need } = barShares(memory);
  return (
    <Progress.Root size="lg" aria-hidden>
      <Progress.Section value={stays} color="gray.5" withAria={false} />
      <Progress.Section value={need} color={COLORS[memory.fit]} withAria={false} striped={memory.fit !== 'fits'} />
    </Progress.Root>
  );
}

/** How a model in memory is used, and when it leaves. */
function ResidentLine({ resident }: { readonly resident: ResidentStatus }) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const { slots, slotsInUse, waiting, idleSince, pinned, ttlSeconds } = resident;
  const time = (iso: string): string => new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(new Date(iso));
  const leaves = pinned
    ? t('staysPinned')
    : ttlSeconds === null
      ? t('staysNeeded')
      : t('staysTtl', { time: formatDuration(ttlSeconds * 1000, language) });
  const parts = [
    formatBytes(resident.bytes, language),
    idleSince === null ? t('inUse', { used: slotsInUse, slots }) : t('idleSince', { time: time(idleSince) }),
    ...(waiting > 0 ? [t('waitingFor', { count: waiting })] : []),
    leaves,
  ];
  return <Text size="sm">{parts.join(' · ')}</Text>;
}

function ChangeLine({ row }: { readonly row: ModelRow }) {
  const t = useModelsTexts();
  const { change, id } = row;
  const leaving = change ? change.what === 'unload' : row.residents.some(({ phase }) => phase === 'unloading');
  if (leaving) return <Text size="sm">{t('leavingNow')}</Text>;
  const { percent, seconds } = loadProgress(change?.elapsedMs ?? 0, change?.expectedMs ?? null);
  return (
    <Stack gap={4}>
      <Text size="sm">{seconds === undefined ? t('loadingLonger') : t('loadingLeft', { seconds })}</Text>
      <Progress value={percent} animated size="lg" aria-label={t('loadBarName', { name: id })} />
    </Stack>
  );
}

interface ModelMemoryProps {
  readonly row: ModelRow;
  /** What its load would mean, where that can be said. */
  readonly memory: MemoryFit | undefined;
}

/** The memory of a model: what it has, or what it would need and who would have to leave. */
export function ModelMemory({ row, memory }: ModelMemoryProps) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const { residents, place } = row;
  if (residents.some(({ phase }) => phase !== 'ready')) return <ChangeLine row={row} />;
  if (isElsewhere(row)) return <Text size="sm">{t('notReckoned')}</Text>;
  if (residents.length > 0)
    return (
      <Stack gap={2}>
        {residents.map((resident) => (
          <ResidentLine key={`${resident.runtime}/${resident.model}/${resident.purpose}`} resident={resident} />
        ))}
      </Stack>
    );
  if (place === 'absent') {
    const words = row.standIn === undefined ? t('absentNobody') : t('absentStandIn', { name: row.standIn });
    return <Text size="sm">{words}</Text>;
  }
  if (!memory) return <Text size="sm">{t('needUnknown')}</Text>;
  return (
    <Stack gap={4}>
      <NeedBar memory={memory} />
      <Text size="sm">{fitWords(memory, t, language)}</Text>
      {row.pinned && <Text size="sm">{t('willStay')}</Text>}
    </Stack>
  );
}
