import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression } from 'vite-plugin-compression2';

/** A gateway that runs on this machine; the development server passes on to it what it does not serve itself. */
const GATEWAY = 'http://127.0.0.1:3160';
const API = '^/(v1|api|admin|health|metrics|docs|openapi.json|mcp)(/|$)';

export default defineConfig({
  plugins: [
    react(),
    // The gateway sends these files as they are.
    compression({ algorithms: ['gzip', 'brotliCompress'], threshold: 1024 }),
  ],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // A data: URL of a font or picture would need a wider content security policy.
    assetsInlineLimit: 0,
    // The first paint may take 300 kB as it is sent; a test keeps that.
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { [API]: { target: GATEWAY } } },
});
