import { Alert, Button, Stack, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { isReplaced } from '../api/page-version.client';
import { useAppTexts } from '../app.texts';
import { forTab } from '../storage/browser.storage';

/** Words of browsers for a part of the page that did not come: Chromium, Firefox, Safari. */
const NOT_FETCHED = /dynamically imported module|module script failed|preload CSS/i;
const RELOADED = 'llm-agent-reloaded-at';
/** Two gateways of different versions behind one address must not send a page to and fro, ms. */
const BETWEEN_RELOADS_MS = 60_000;

/** Fetches the page anew where the gateway has another one by now. */
async function reloadReplaced(): Promise<void> {
  if (Date.now() - Number(forTab.get(RELOADED) ?? 0) < BETWEEN_RELOADS_MS) return;
  if ((await isReplaced()) && forTab.set(RELOADED, String(Date.now()))) window.location.reload();
}

function Crash({ reason }: { readonly reason: string }) {
  const t = useAppTexts();
  const unfetched = NOT_FETCHED.test(reason);
  return (
    <Alert color="red" role="alert" title={t(unfetched ? 'unfetched' : 'crashed')}>
      <Stack align="flex-start">
        {unfetched && <Text size="sm">{t('unfetchedWhy')}</Text>}
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

  /** A part that is gone is of an older page than the gateway has now: the new one is fetched, what was written stays. */
  override componentDidCatch(error: unknown): void {
    if (NOT_FETCHED.test(String(error))) void reloadReplaced();
  }

  override render(): ReactNode {
    return this.state.reason === undefined ? this.props.children : <Crash reason={this.state.reason} />;
  }
}
