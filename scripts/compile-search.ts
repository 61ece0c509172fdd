import { fileURLToPath } from 'node:url'
import wabt from 'wabt'

export const SEARCH_SOURCE = fileURLToPath(new URL('../src/ctc/viterbi.wat', import.meta.url))
export const SEARCH_FILE = fileURLToPath(new URL('../src/ctc/viterbi-wasm.ts', import.meta.url))

/** The text of viterbi-wasm.ts for that of viterbi.wat. */
export async function compileSearch(source: string): Promise<string> {
  const module = (await wabt()).parseWat('viterbi.wat', source, { simd: true })
  const { buffer } = module.toBinary({})
  module.destroy()
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,100}/g)!
  const text = lines.map((line) => `  '${line}'`).join(' +\n')
  return `/** Compiled from viterbi.wat, which says what it does: npm run build:wasm. Base64. */\nexport const SEARCH_WASM =\n${text}\n`
}
