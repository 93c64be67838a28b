import type { NewApiKey } from '@local-llm-agent/contracts';
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { CopyButton } from '../../components/copy-button';
import { useKey } from '../../session/key.store';
import { useKeysTexts } from './keys.texts';

/** Why a key is shown: it was made, it is the first of all, or it takes the place of the one that this page uses. */
export type NewKeyReason = 'made' | 'first' | 'rotated-own';

interface NewKeyNoticeProps {
  readonly apiKey: NewApiKey;
  readonly reason: NewKeyReason;
  readonly done: () => void;
}

function UseHere({ apiKey, reason }: Omit<NewKeyNoticeProps, 'done'>) {
  const t = useKeysTexts();
  const { key, remembered, setKey } = useKey();
  if (key === apiKey.key)
    return (
      <Alert color="green" variant="light" role="status">
        {t('usedHere')}
      </Alert>
    );
  const title = reason === 'first' ? t('firstTitle') : undefined;
  const words = reason === 'rotated-own' ? t('rotatedOwn') : t('firstWhy');
  return (
    <Alert color="blue" variant="light" title={title}>
      <Stack align="flex-start" gap="xs">
        <Text size="sm">{words}</Text>
        {apiKey.role !== 'admin' && reason === 'first' && <Text size="sm">{t('firstNotAdminWhy')}</Text>}
        <Button onClick={() => setKey(apiKey.key, remembered)}>{t('useHere')}</Button>
      </Stack>
    </Alert>
  );
}

/** A new key, this once, with what has to be done now. */
export function NewKeyNotice({ apiKey, reason, done }: NewKeyNoticeProps) {
  const t = useKeysTexts();
  return (
    <Stack>
      <Alert color="yellow" variant="light" title={t('newOnce')} icon={<TriangleAlert aria-hidden />}>
        {t('newWhy')}
      </Alert>
      <Code block data-testid="new-key" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {apiKey.key}
      </Code>
      <Group>
        <CopyButton value={apiKey.key} label={t('copyKey')} />
      </Group>
      {reason !== 'made' && <UseHere apiKey={apiKey} reason={reason} />}
      <Group justify="flex-end">
        <Button variant={reason === 'made' ? 'filled' : 'default'} onClick={done}>
          {t('kept')}
        </Button>
      </Group>
    </Stack>
  );
}
