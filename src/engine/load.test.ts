import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAligner } from '../aligner/aligner.ts'

const speech = (name: string) => fileURLToPath(new URL(`../../test/fixtures/speech/${name}`, import.meta.url))
// Two layouts of a tiny Qwen3-ForcedAligner with random weights, beside the checkout in CI.
const snapshot = (name: string) =>
  fileURLToPath(new URL(`../../../shared/qwen3-golden/${name}`, import.meta.url))

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-engine-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

for (const name of ['tiny-official', 'tiny-hf']) {
  test.skipIf(!existsSync(snapshot(name)))(
    `${name}: a snapshot is converted at the start, and its senseless answers are left to the acoustic model, line by line`,
    async () => {
      const loading: number[] = []
      const aligner = await createAligner({
        modelPath: snapshot(name),
        cacheDir: join(folder, 'cache'),
        threads: 1,
        maxConcurrent: 2,
        onLoading: (fraction) => loading.push(fraction),
      })
      expect(aligner.status().model.engine).toBe('qwen3')
      const lyrics = readFileSync(speech('psalm-en.txt'), 'utf8')
      const { lines, verdict, model } = await aligner.align(speech('psalm-en.mp3'), lyrics)
      await aligner.close()
      expect(model.name).toBe('Qwen3-ForcedAligner')
      for (const { engine, status, start, end } of lines) {
        expect(engine).toBe('ctc')
        expect(status).toBe('aligned')
        expect(end).toBeGreaterThan(start)
      }
      expect(verdict.reasons.join()).toContain("6 of 6 lines keep the acoustic model's time")
    },
  )
}

test('a Qwen3 snapshot without its weights is refused as such, not read as something else', async () => {
  const broken = join(folder, 'broken')
  mkdirSync(broken)
  writeFileSync(join(broken, 'config.json'), '{"model_type": "qwen3_forced_aligner"}')
  await expect(createAligner({ modelPath: broken })).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('model.safetensors'),
  })
})

test('a folder that is not there is named', async () => {
  const work = createAligner({ modelPath: join(folder, 'nowhere') })
  await expect(work).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('nowhere'),
  })
})
