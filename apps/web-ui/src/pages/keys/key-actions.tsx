import type { ApiKey } from '@local-llm-agent/contracts';
import { ActionIcon, Group, Tooltip } from '@mantine/core';
import { Ban, Pencil, RotateCw, type LucideIcon } from 'lucide-react';
import { useKeysTexts } from './keys.texts';

/** What can be done with a key. */
export type KeyAction = 'edit' | 'rotate' | 'revoke';

const ACTIONS: readonly (readonly [KeyAction, LucideIcon])[] = [
  ['edit', Pencil],
  ['rotate', RotateCw],
  ['revoke', Ban],
];

interface KeyActionsProps {
  readonly apiKey: ApiKey;
  readonly act: (action: KeyAction, key: ApiKey) => void;
}

/** The buttons of a key: a revoked one has none, and one that has expired can be given more time or be revoked. */
export function KeyActions({ apiKey, act }: KeyActionsProps) {
  const t = useKeysTexts();
  if (apiKey.status === 'revoked') return null;
  return (
    <Group gap={4} wrap="nowrap">
      {ACTIONS.filter(([action]) => apiKey.status === 'active' || action !== 'rotate').map(([action, Icon]) => (
        <Tooltip key={action} label={t(action)}>
          <ActionIcon
            variant="subtle"
            size="lg"
            color={action === 'revoke' ? 'red' : undefined}
            aria-label={t(`${action}Of`, { name: apiKey.name })}
            onClick={() => act(action, apiKey)}
          >
            <Icon size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      ))}
    </Group>
  );
}
