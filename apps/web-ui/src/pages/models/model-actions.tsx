import { Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { Download, LogIn, LogOut, Pin, PinOff, Trash2 } from 'lucide-react';
import type { ModelPin, ModelResidence } from '@local-llm-agent/contracts';
import { useIsChanging, useModelChange, type ModelChange } from '../../api/model-management.api';
import { formatDuration } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { FailureNotice } from '../../components/failure-notice';
import { ConfirmDialog } from './confirm-dialog';
import { DeleteDialog } from './delete-dialog';
import type { MemoryFit } from './memory-fit.policy';
import type { ModelRow } from './model-rows.translate';
import { useModelsTexts } from './models.texts';

/** Says what was done, and what happens next. */
function useOutcome(): (answer: ModelResidence | ModelPin) => void {
  const t = useModelsTexts();
  const [language] = useLanguage();
  return (answer) => {
    const { model: name } = answer;
    const tell = (message: string): unknown => notifications.show({ message, autoClose: 8000 });
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

/** What can be done with a model now, and why it did not work. */
export function ModelActions({ row, memory, onPull }: ModelActionsProps) {
  const t = useModelsTexts();
  const { id: name, plan, place, pinned, residents } = row;
  const change = useModelChange(name);
  const busy = useIsChanging(name);
  const [deleting, { open, close }] = useDisclosure();
  const tell = useOutcome();
  const order = (what: ModelChange): void => change.mutate(what, { onSuccess: tell });
  const moving = residents.some(({ phase }) => phase !== 'ready');
  const isManaged = plan !== undefined && plan.runtime !== null && plan.needBytes !== 0;
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
      <Group gap="xs">
        {place === 'installed' ? (
          <LoadButton name={name} memory={memory} busy={busy} onLoad={() => order('load')} />
        ) : (
          <Button
            size="xs"
            variant="default"
            aria-label={t('unloadName', { name })}
            leftSection={<LogOut size={14} aria-hidden />}
            disabled={pinned || moving}
            loading={busy && !moving}
            onClick={() => order('unload')}
          >
            {t('unload')}
          </Button>
        )}
        <PinButton name={name} pinned={pinned} busy={busy && !moving} onChange={order} />
        {isManaged && (
          <Button
            size="xs"
            variant="default"
            aria-label={t('deleteName', { name })}
            leftSection={<Trash2 size={14} aria-hidden />}
            disabled={(pinned && place === 'memory') || moving}
            onClick={open}
          >
            {t('delete')}
          </Button>
        )}
      </Group>
      {pinned && place === 'memory' && (
        <Text size="xs" c="dimmed">
          {t('pinnedWhy')}
        </Text>
      )}
      {change.error && <FailureNotice error={change.error} />}
      <DeleteDialog row={row} opened={deleting} onClose={close} />
    </>
  );
}
