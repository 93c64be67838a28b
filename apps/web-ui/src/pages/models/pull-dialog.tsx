import { Button, Checkbox, Code, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { usePullStart } from '../../api/pulls.api';
import { CopyButton } from '../../components/copy-button';
import { FailureNotice } from '../../components/failure-notice';
import type { PullTarget } from './pull-target.policy';
import { usePullTexts } from './pull.texts';
import classes from './models.module.css';

interface PullFormProps {
  readonly hosts: readonly [string, ...string[]];
  readonly name: string;
  readonly onClose: () => void;
}

function PullForm({ hosts, name, onClose }: PullFormProps) {
  const t = usePullTexts();
  const start = usePullStart();
  const form = useForm({
    initialValues: { model: name, insecure: false, runtime: hosts[0] },
    validate: { model: (text) => (/^\S+$/.test(text.trim()) ? null : t('pullBad')) },
  });
  return (
    <form
      onSubmit={form.onSubmit(({ model, ...order }) =>
        start.mutate({ ...order, model: model.trim() }, { onSuccess: onClose }),
      )}
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
        {hosts.length > 1 && (
          <Select label={t('pullHost')} data={[...hosts]} allowDeselect={false} {...form.getInputProps('runtime')} />
        )}
        <Text size="sm">{t('pullTo', { host: form.values.runtime })}</Text>
        {start.error && <FailureNotice error={start.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button type="submit" loading={start.isPending}>
            {t('pullStart')}
          </Button>
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
        <PullForm key={name} hosts={target.hosts} name={name ?? ''} onClose={onClose} />
      ) : (
        <AddByHand kind={target.kind} />
      )}
    </Modal>
  );
}
