import type { ApiKey } from '@local-llm-agent/contracts';
import { Badge, Card, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { KeyActions, type KeyAction } from './key-actions';
import { KeyBudget, KeyLastUse, KeyLimits, KeyName, KeyStateBadge, Names } from './key-facts';
import { useKeysTexts } from './keys.texts';

/** From this width of the window on, the keys are a table. */
const WIDE = '(min-width: 75em)';

interface KeyListProps {
  readonly keys: readonly ApiKey[];
  /** Tokens of this month by the id of the key; undefined while that is not known. */
  readonly used: ReadonlyMap<string, number> | undefined;
  readonly act: (action: KeyAction, key: ApiKey) => void;
}

function usedBy({ id }: ApiKey, used: KeyListProps['used']): number | undefined {
  return used && (used.get(id) ?? 0);
}

function KeyTable({ keys, used, act }: KeyListProps) {
  const t = useKeysTexts();
  const heads = ['name', 'state', 'lastUse', 'role', 'models', 'tiers', 'limits', 'budget', 'actions'] as const;
  return (
    <Table verticalSpacing="sm" highlightOnHover aria-label={t('list')}>
      <Table.Thead>
        <Table.Tr>
          {heads.map((head) => (
            <Table.Th key={head}>{t(head)}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {keys.map((key) => (
          <Table.Tr key={key.id}>
            <Table.Th scope="row" fw={400}>
              <KeyName apiKey={key} />
            </Table.Th>
            <Table.Td>
              <KeyStateBadge apiKey={key} />
            </Table.Td>
            <Table.Td>
              <KeyLastUse apiKey={key} />
            </Table.Td>
            <Table.Td>{t(key.role)}</Table.Td>
            <Table.Td>
              <Names names={key.models} />
            </Table.Td>
            <Table.Td>
              <Names names={key.tiers} />
            </Table.Td>
            <Table.Td>
              <KeyLimits apiKey={key} />
            </Table.Td>
            <Table.Td>
              <KeyBudget apiKey={key} used={usedBy(key, used)} />
            </Table.Td>
            <Table.Td>
              <KeyActions apiKey={key} act={act} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <dd style={{ margin: 0 }}>{children}</dd>
    </div>
  );
}

function KeyCard({ apiKey, used, act }: Omit<KeyListProps, 'keys'> & { readonly apiKey: ApiKey }) {
  const t = useKeysTexts();
  return (
    <Card withBorder component="li" padding="sm">
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <KeyName apiKey={apiKey} />
          <Badge variant="outline" tt="none">
            {t(apiKey.role)}
          </Badge>
        </Group>
        <KeyStateBadge apiKey={apiKey} />
        <SimpleGrid component="dl" cols={2} spacing="xs" verticalSpacing="xs" m={0}>
          <Fact name={t('models')}>
            <Names names={apiKey.models} />
          </Fact>
          <Fact name={t('tiers')}>
            <Names names={apiKey.tiers} />
          </Fact>
          <Fact name={t('limits')}>
            <KeyLimits apiKey={apiKey} />
          </Fact>
          <Fact name={t('budget')}>
            <KeyBudget apiKey={apiKey} used={usedBy(apiKey, used)} />
          </Fact>
          <Fact name={t('lastUse')}>
            <KeyLastUse apiKey={apiKey} />
          </Fact>
        </SimpleGrid>
        <KeyActions apiKey={apiKey} act={act} />
      </Stack>
    </Card>
  );
}

/** All keys: a table, or cards where the window is narrow. */
export function KeyList(props: KeyListProps) {
  const t = useKeysTexts();
  const wide = useMediaQuery(WIDE, undefined, { getInitialValueInEffect: false });
  if (wide) return <KeyTable {...props} />;
  const { keys, used, act } = props;
  return (
    <Stack component="ul" p={0} m={0} gap="sm" aria-label={t('list')} style={{ listStyle: 'none' }}>
      {keys.map((key) => (
        <KeyCard key={key.id} apiKey={key} used={used} act={act} />
      ))}
    </Stack>
  );
}
