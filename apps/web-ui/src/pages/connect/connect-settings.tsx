import { Code, Group, Input, Paper, Select, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import { CopyButton } from '../../components/copy-button';
import { useConnectTexts } from './connect.texts';

/** Where the key in the snippets comes from. */
export type KeySource = 'none' | 'placeholder' | 'own';

interface ConnectSettingsProps {
  readonly origin: string;
  readonly models: readonly string[];
  readonly model: string;
  readonly setModel: (model: string) => void;
  readonly source: KeySource;
  readonly placeholder: string;
  readonly shown: boolean;
  readonly setShown: (shown: boolean) => void;
}

/** Looks like the label of a field, for what is none. */
function Label({ text }: { readonly text: string }) {
  return <Input.Label labelElement="div">{text}</Input.Label>;
}

function KeyWords({ source, placeholder, shown, setShown }: Omit<ConnectSettingsProps, 'origin' | 'models'>) {
  const t = useConnectTexts();
  const words = { none: t('keyNone'), placeholder: t('keyPlaceholder', { key: placeholder }) };
  return (
    <Stack gap={6} align="flex-start">
      <Label text={t('key')} />
      <Text size="sm">{source === 'own' ? t(shown ? 'keyOwnShown' : 'keyOwn') : words[source]}</Text>
      {source === 'own' && (
        <Switch label={t('showKey')} checked={shown} onChange={(event) => setShown(event.currentTarget.checked)} />
      )}
    </Stack>
  );
}

/** What is filled into the snippets. */
export function ConnectSettings({ origin, models, ...rest }: ConnectSettingsProps) {
  const t = useConnectTexts();
  return (
    <Paper withBorder p="md">
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="lg">
        <Stack gap={6}>
          <Label text={t('address')} />
          <Group gap="xs">
            <Code style={{ overflowWrap: 'anywhere' }}>{origin}</Code>
            <CopyButton value={origin} label={t('copyAddress')} />
          </Group>
        </Stack>
        <Select
          label={t('model')}
          description={t('modelHint')}
          data={models}
          value={rest.model}
          onChange={(model) => model !== null && rest.setModel(model)}
          allowDeselect={false}
          searchable
        />
        <KeyWords {...rest} />
      </SimpleGrid>
    </Paper>
  );
}
