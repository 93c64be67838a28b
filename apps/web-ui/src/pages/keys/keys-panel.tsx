import type { ApiKey, ApiKeyList, NewApiKey } from '@local-llm-agent/contracts';
import { Alert, Button, Group, Modal, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core';
import { DoorOpen, Plus } from 'lucide-react';
import { useState } from 'react';
import { useKeys, useRefreshKeys } from '../../api/keys.api';
import { useUsage } from '../../api/usage-report.api';
import { FailureNotice } from '../../components/failure-notice';
import type { KeyAction } from './key-actions';
import { CreateKey, EditKey, RevokeKey, RotateKey } from './key-dialogs';
import { KeyList } from './key-list';
import { isLastAdmin, sortedKeys } from './key-state.policy';
import { useKeysTexts, type KeysTranslate } from './keys.texts';
import { NewKeyNotice, type NewKeyReason } from './new-key-notice';
import { useNow } from './now.hook';
import { daysOf } from './usage-range.policy';

/** What is open over the list. */
type Dialog =
  | { readonly kind: 'create'; readonly isFirst: boolean }
  | { readonly kind: KeyAction; readonly key: ApiKey }
  | { readonly kind: 'shown'; readonly key: NewApiKey; readonly reason: NewKeyReason };

function titleOf(dialog: Dialog, t: KeysTranslate): string {
  switch (dialog.kind) {
    case 'create':
      return t('create');
    case 'edit':
      return t('editOf', { name: dialog.key.name });
    case 'rotate':
      return t('rotateTitle', { name: dialog.key.name });
    case 'revoke':
      return t('revokeTitle', { name: dialog.key.name });
    case 'shown':
      return t('newTitle', { name: dialog.key.name });
  }
}

interface KeyDialogProps {
  readonly dialog: Dialog;
  readonly keys: readonly ApiKey[];
  readonly open: (dialog: Dialog) => void;
  readonly close: () => void;
}

function DialogBody({ dialog, keys, open, close }: KeyDialogProps) {
  const show = (key: NewApiKey, reason: NewKeyReason): void => open({ kind: 'shown', key, reason });
  switch (dialog.kind) {
    case 'create':
      return <CreateKey isFirst={dialog.isFirst} show={show} done={close} />;
    case 'edit':
      return <EditKey apiKey={dialog.key} done={close} />;
    case 'rotate':
      return <RotateKey apiKey={dialog.key} show={show} done={close} />;
    case 'revoke':
      return <RevokeKey apiKey={dialog.key} isLast={isLastAdmin(keys, dialog.key.id)} done={close} />;
    case 'shown':
      return <NewKeyNotice apiKey={dialog.key} reason={dialog.reason} done={close} />;
  }
}

function KeyDialog(props: KeyDialogProps) {
  const t = useKeysTexts();
  const { dialog, close } = props;
  // A key that is shown this once must not vanish by a slip.
  const firm = dialog.kind === 'shown';
  return (
    <Modal
      opened
      onClose={close}
      title={titleOf(dialog, t)}
      size="lg"
      closeOnClickOutside={!firm && dialog.kind !== 'create'}
      closeOnEscape={!firm}
      withCloseButton={!firm}
      closeButtonProps={{ 'aria-label': t('close') }}
      styles={{ title: { fontWeight: 700 } }}
    >
      <DialogBody key={dialog.kind} {...props} />
    </Modal>
  );
}

function Empty({ required, create }: { readonly required: boolean; readonly create: () => void }) {
  const t = useKeysTexts();
  return (
    <Alert
      color={required ? 'blue' : 'yellow'}
      variant="light"
      title={required ? t('noneTitle') : t('openTitle')}
      icon={<DoorOpen aria-hidden />}
    >
      <Stack align="flex-start">
        <Text size="sm">{required ? t('noneWhy') : t('openWhy')}</Text>
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={create}>
          {required ? t('create') : t('createFirst')}
        </Button>
      </Stack>
    </Alert>
  );
}

/** Tokens of this month by the id of the key; undefined while that is not known. */
function useMonthTokens(): ReadonlyMap<string, number> | undefined {
  const { data } = useUsage({ ...daysOf('month', useNow()), groupBy: 'key' });
  // Where the gateway keeps no usage (USAGE=off) all sums are 0, which is not what was used.
  if (!data || data.total.requests === 0) return undefined;
  return new Map(data.data.map(({ key, totalTokens }) => [key ?? '', totalTokens]));
}

interface LoadedProps {
  readonly list: ApiKeyList;
  readonly open: (dialog: Dialog) => void;
}

function Loaded({ list, open }: LoadedProps) {
  const used = useMonthTokens();
  const t = useKeysTexts();
  const create = (): void => open({ kind: 'create', isFirst: !list.required });
  if (list.data.length === 0) return <Empty required={list.required} create={create} />;
  return (
    <Stack>
      <Group justify="flex-end">
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={create}>
          {t('create')}
        </Button>
      </Group>
      <KeyList keys={sortedKeys(list.data)} used={used} act={(kind, key) => open({ kind, key })} />
    </Stack>
  );
}

/** The list of keys, and what can be done with them. */
export function KeysPanel() {
  const t = useKeysTexts();
  const { data, error, refetch } = useKeys();
  const refresh = useRefreshKeys();
  const [dialog, setDialog] = useState<Dialog>();
  const close = (): void => {
    if (dialog?.kind === 'shown') refresh();
    setDialog(undefined);
  };
  return (
    <>
      {error && <FailureNotice error={error} onRetry={() => void refetch()} />}
      {!error && !data && (
        <Stack aria-busy="true">
          <VisuallyHidden>{t('loading')}</VisuallyHidden>
          <Skeleton height={36} width={120} />
          <Skeleton height={160} />
        </Stack>
      )}
      {!error && data && <Loaded list={data} open={setDialog} />}
      {dialog && <KeyDialog dialog={dialog} keys={data?.data ?? []} open={setDialog} close={close} />}
    </>
  );
}
