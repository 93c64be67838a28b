import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './global.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiFailure } from './api/http.client';
import { App } from './app';
import { startI18n } from './i18n/i18n';
import { theme, variables } from './theme';

const LONGEST_RETRIES = 2;

/** The number that lets styles of this document through its content security policy. */
function nonceOfPage(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
}

/** What the gateway refuses stays refused; only what may pass by itself is asked again. */
function mayRetry(failures: number, error: unknown): boolean {
  return failures < LONGEST_RETRIES && (!(error instanceof ApiFailure) || error.mayPass);
}

const root = document.getElementById('root');
if (!root) throw new Error('The document has no place for the page.');
const nonce = nonceOfPage();
setNonce(nonce);
startI18n();
const queries = new QueryClient({ defaultOptions: { queries: { retry: mayRetry, refetchOnWindowFocus: true } } });
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
      cssVariablesResolver={variables}
    >
      <Notifications position="top-right" />
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
