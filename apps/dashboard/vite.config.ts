import { constants } from 'node:zlib';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression, defineAlgorithm } from 'vite-plugin-compression2';

export default defineConfig({
  plugins: [
    tanstackRouter(),
    react(),
    compression({
      include: /\.(?:js|css|svg)$/,
      algorithms: [
        defineAlgorithm('gzip', { level: 9 }),
        defineAlgorithm('brotliCompress', { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
      ],
      logLevel: 'silent',
    }),
  ],
  // The server replaces it with a new nonce in each response.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    // Browsers since early 2024. Older ones lack light-dark(), and would need a second set of colors.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    manifest: true,
    license: true,
    // The content security policy allows data: URLs only for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What many pages share is one file instead of over a hundred: half the requests, and 8 % fewer compressed bytes.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: 'shared', minShareCount: 17 }],
        },
      },
    },
  },
  server: {
    // POSTHORN_URL is the URL of a running Posthorn, such as one started by `npm start`.
    proxy: { '/v1': process.env['POSTHORN_URL'] ?? 'http://localhost:8080' },
  },
});
