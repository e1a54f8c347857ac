import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The Go server embeds dist even before the first build, so git keeps it by this file. */
function keepDist(): Plugin {
  let out = '';
  return {
    name: 'keep-dist',
    apply: 'build',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      writeFileSync(resolve(out, '.gitkeep'), '');
    },
  };
}

const server = process.env.EASEL_ADDR ?? '127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte(), keepDist()],
  build: {
    target: 'es2022',
    // The content security policy allows no inline script and no data: script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '/api': `http://${server}`,
      '/rtc': { target: `ws://${server}`, ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
});
