import { Alert, Button, Stack, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { useAppTexts } from '../app.texts';

function Crash({ reason }: { readonly reason: string }) {
  const t = useAppTexts();
  return (
    <Alert color="red" role="alert" title={t('crashed')}>
      <Stack align="flex-start">
        <Text size="sm" ff="monospace">
          {reason}
        </Text>
        <Button variant="default" onClick={() => window.location.reload()}>
          {t('reload')}
        </Button>
      </Stack>
    </Alert>
  );
}

interface ViewBoundaryProps {
  readonly children: ReactNode;
}

/** Keeps the failure of one view from taking the page with it. */
export class ViewBoundary extends Component<ViewBoundaryProps, { readonly reason?: string }> {
  override state: { readonly reason?: string } = {};

  static getDerivedStateFromError(error: unknown): { readonly reason: string } {
    return { reason: String(error) };
  }

  override render(): ReactNode {
    return this.state.reason === undefined ? this.props.children : <Crash reason={this.state.reason} />;
  }
}
