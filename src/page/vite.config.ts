import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The page for browsers: one HTML file for `/`, and beside it the folder that is served at `/page/`. */
export default defineConfig({
  root: at('.'),
  base: './',
  publicDir: at('public'),
  logLevel: 'warn',
  build: {
    outDir: at('../../dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    // The first ones with light-dark().
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The content security policy of the page allows no data: in scripts and no inline modules.
    assetsInlineLimit: 0,
    modulePreload: false,
    license: { fileName: 'page/licences.md' },
    rolldownOptions: {
      output: {
        entryFileNames: 'page/[name].js',
        chunkFileNames: 'page/[name].js',
        assetFileNames: 'page/[name][extname]',
      },
    },
  },
})
