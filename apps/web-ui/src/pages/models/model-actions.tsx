import { Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Download, LogIn, LogOut, Pin, PinOff, Trash2 } from 'lucide-react';
import type { ModelPin, ModelResidence } from '@local-llm-agent/contracts';
import { useIsChanging, useModelChange, type ModelChange } from '../../api/model-management.api';
import { formatDuration } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { FailureNotice } from '../../components/failure-notice';
import { useToast } from '../../components/use-toast';
import { ConfirmDialog } from './confirm-dialog';
import { DeleteDialog } from './delete-dialog';
import type { MemoryFit } from './memory-fit.policy';
import { isElsewhere, type ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';

/** Says what was done, and what happens next. */
function useOutcome(): (answer: ModelResidence | ModelPin) => void {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const tell = useToast();
  return (answer) => {
    const { model: name } = answer;
    if ('pinned' in answer) {
      tell(t(!answer.pinned ? 'unpinned' : answer.resident ? 'pinnedNow' : 'pinnedLater', { name }));
    } else if (answer.state === 'loaded') {
      const time = formatDuration(answer.ms, language);
      tell(answer.ms < 1000 ? t('loaded', { name }) : t('loadedAfter', { name, time }));
    } else tell(t(answer.state === 'in_use' ? 'unloadInUse' : 'unloaded', { name }));
  };
}

interface LoadButtonProps {
  readonly name: string;
  readonly memory: MemoryFit | undefined;
  readonly busy: boolean;
  readonly onLoad: () => void;
}

/** Loads at once where the model fits, and asks first where others would have to leave. */
function LoadButton({ name, memory, busy, onLoad }: LoadButtonProps) {
  const t = useModelsTexts();
  const [language] = useLanguage();
  const [asking, { open, close }] = useDisclosure();
  const leaves = memory?.fit === 'makes_room' ? memory.leaves : [];
  const names = new Intl.ListFormat(language).format(leaves);
  const cannot = memory?.fit === 'too_large' || memory?.fit === 'pinned_in_the_way';
  return (
    <>
      <Button
        size="xs"
        aria-label={t('loadName', { name })}
        leftSection={<LogIn size={14} aria-hidden />}
        disabled={cannot}
        loading={busy}
        onClick={leaves.length > 0 ? open : onLoad}
      >
        {t('load')}
      </Button>
      <ConfirmDialog
        opened={asking}
        title={t('loadTitle', { name })}
        action={t('loadAnyway', { count: leaves.length })}
        onClose={close}
        onConfirm={() => {
          close();
          onLoad();
        }}
      >
        <Text size="sm">{t('loadLeaves', { names, count: leaves.length })}</Text>
      </ConfirmDialog>
    </>
  );
}

interface PinButtonProps {
  readonly name: string;
  readonly pinned: boolean;
  readonly busy: boolean;
  readonly onChange: (what: ModelChange) => void;
}

function PinButton({ name, pinned, busy, onChange }: PinButtonProps) {
  const t = useModelsTexts();
  const Icon = pinned ? PinOff : Pin;
  return (
    <Button
      size="xs"
      variant="default"
      aria-label={t(pinned ? 'unpinName' : 'pinName', { name })}
      leftSection={<Icon size={14} aria-hidden />}
      disabled={busy}
      onClick={() => onChange(pinned ? 'unpin' : 'pin')}
    >
      {t(pinned ? 'unpin' : 'pin')}
    </Button>
  );
}

interface ModelActionsProps {
  readonly row: ModelRow;
  readonly memory: MemoryFit | undefined;
  /** Offers to fetch it, where something can be fetched; a model that is not installed. */
  readonly onPull: ((name: string) => void) | undefined;
}

interface InstalledActionsProps extends Pick<ModelActionsProps, 'row' | 'memory'> {
  readonly busy: boolean;
  readonly onChange: (what: ModelChange) => void;
}

function InstalledActions({ row, memory, busy, onChange }: InstalledActionsProps) {
  const t = useModelsTexts();
  const { id: name, plan, place, pinned, residents } = row;
  const [deleting, { open, close }] = useDisclosure();
  const moving = residents.some(({ phase }) => phase !== 'ready');
  const held = place === 'memory';
  return (
    <Group gap="xs">
      {held ? (
        <Button
          size="xs"
          variant="default"
          aria-label={t('unloadName', { name })}
          leftSection={<LogOut size={14} aria-hidden />}
          disabled={pinned || moving}
          loading={busy && !moving}
          onClick={() => onChange('unload')}
        >
          {t('unload')}
        </Button>
      ) : (
        <LoadButton name={name} memory={memory} busy={busy} onLoad={() => onChange('load')} />
      )}
      <PinButton name={name} pinned={pinned} busy={busy && !moving} onChange={onChange} />
      {plan && (
        <Button
          size="xs"
          variant="default"
          aria-label={t('deleteName', { name })}
          leftSection={<Trash2 size={14} aria-hidden />}
          disabled={(pinned && held) || moving}
          onClick={open}
        >
          {t('delete')}
        </Button>
      )}
      <DeleteDialog row={row} opened={deleting} onClose={close} />
    </Group>
  );
}

/** What can be done with a model now, and why it did not work. */
export function ModelActions({ row, memory, onPull }: ModelActionsProps) {
  const t = useModelsTexts();
  const { id: name, place, pinned } = row;
  const change = useModelChange(name);
  const busy = useIsChanging(name);
  const tell = useOutcome();
  if (isElsewhere(row)) return null;
  if (place === 'absent')
    return onPull ? (
      <Button
        size="xs"
        variant="default"
        aria-label={t('pullName', { name })}
        leftSection={<Download size={14} aria-hidden />}
        onClick={() => onPull(name)}
      >
        {t('pull')}
      </Button>
    ) : null;
  return (
    <>
      <InstalledActions
        row={row}
        memory={memory}
        busy={busy}
        onChange={(what) => change.mutate(what, { onSuccess: tell })}
      />
      {pinned && place === 'memory' && (
        <Text size="xs" c="dimmed">
          {t('pinnedWhy')}
        </Text>
      )}
      {change.error && <FailureNotice error={change.error} />}
    </>
  );
}
