/** Compiles src/ctc/viterbi.wat to src/ctc/viterbi-wasm.ts: `npm run build:wasm`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { compileSearch, SEARCH_FILE, SEARCH_SOURCE } from './compile-search.ts'

writeFileSync(SEARCH_FILE, await compileSearch(readFileSync(SEARCH_SOURCE, 'utf8')))
