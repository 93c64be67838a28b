import { Button, Checkbox, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { refreshModels } from '../../api/model-management.api';
import { CopyButton } from '../../components/copy-button';
import type { PullTarget } from './pull-target.policy';
import { usePulls } from './pull.store';
import { usePullTexts } from './pull.texts';
import classes from './models.module.css';

interface PullFormProps {
  readonly host: string;
  readonly name: string;
  readonly onClose: () => void;
}

function PullForm({ host, name, onClose }: PullFormProps) {
  const t = usePullTexts();
  const queries = useQueryClient();
  const start = usePulls((state) => state.start);
  const form = useForm({
    initialValues: { model: name, insecure: false },
    validate: { model: (text) => (/^\S+$/.test(text.trim()) ? null : t('pullBad')) },
  });
  return (
    <form
      onSubmit={form.onSubmit(({ model, insecure }) => {
        start({ model: model.trim(), insecure }, () => refreshModels(queries));
        onClose();
      })}
    >
      <Stack>
        <TextInput
          label={t('pullModel')}
          description={t('pullHint')}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps('model')}
        />
        <Checkbox
          label={t('pullInsecure')}
          description={t('pullInsecureHint')}
          {...form.getInputProps('insecure', { type: 'checkbox' })}
        />
        <Text size="sm">{t('pullTo', { host })}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button type="submit">{t('pullStart')}</Button>
        </Group>
      </Stack>
    </form>
  );
}

const NO_PULL = { embedded: 'noPullEmbedded', server: 'noPullServer', nothing: 'noPullNothing' } as const;

/** What to do where nothing can be pulled. */
export function AddByHand({ kind }: { readonly kind: keyof typeof NO_PULL }) {
  const t = usePullTexts();
  const command = `OLLAMA_HOST=${window.location.origin} ollama create NAME -f Modelfile`;
  return (
    <Stack gap="sm">
      <Text size="sm">{t(NO_PULL[kind])}</Text>
      {kind === 'embedded' && (
        <Stack gap="xs" align="flex-start">
          <Code block className={classes['command']}>
            {command}
          </Code>
          <CopyButton value={command} label={t('copyCommand')} />
        </Stack>
      )}
    </Stack>
  );
}

interface PullDialogProps {
  /** The name to begin with; undefined while the dialog is closed. */
  readonly name: string | undefined;
  readonly target: PullTarget;
  readonly onClose: () => void;
}

/** Fetches a model, or says how to add one where that cannot be done. */
export function PullDialog({ name, target, onClose }: PullDialogProps) {
  const t = usePullTexts();
  const canPull = target.kind === 'registry';
  return (
    <Modal
      opened={name !== undefined}
      onClose={onClose}
      title={t(canPull ? 'pullTitle' : 'noPullTitle')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {canPull ? (
        <PullForm key={name} host={target.host} name={name ?? ''} onClose={onClose} />
      ) : (
        <AddByHand kind={target.kind} />
      )}
    </Modal>
  );
}
