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
  // The server puts a nonce of its own into each answer.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    // From early 2024 on. Older ones lack light-dark(), which is not worth a second set of colours.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    manifest: true,
    license: true,
    // Data: URLs are no part of the content security policy but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // POSTHORN_URL: a Posthorn that runs, such as that of `npm start`.
    proxy: { '/v1': process.env['POSTHORN_URL'] ?? 'http://localhost:8080' },
  },
});
