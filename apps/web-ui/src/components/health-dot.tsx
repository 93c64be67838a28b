import { Tooltip } from '@mantine/core';
import { CircleAlert, CircleCheck, CircleX } from 'lucide-react';
import { useHealth } from '../api/health.api';
import { useAppTexts } from '../app.texts';

const LOOKS = {
  healthy: { icon: CircleCheck, color: 'var(--mantine-color-green-text)' },
  degraded: { icon: CircleAlert, color: 'var(--mantine-color-yellow-text)' },
  unhealthy: { icon: CircleX, color: 'var(--mantine-color-red-text)' },
  unreachable: { icon: CircleX, color: 'var(--mantine-color-red-text)' },
} as const;

/** Whether the system works, as a sign with its meaning in words. */
export function HealthDot() {
  const t = useAppTexts();
  const health = useHealth();
  if (!health) return null;
  const { icon: Icon, color } = LOOKS[health];
  return (
    <Tooltip label={t(health)} events={{ hover: true, focus: true, touch: true }}>
      <span role="status" aria-label={t(health)} data-testid="health" data-status={health}>
        <Icon size={18} color={color} aria-hidden />
      </span>
    </Tooltip>
  );
}
